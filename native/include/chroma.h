/*
 * libchroma: the Chroma text-to-image networks, on ggml, behind a C ABI.
 *
 *   chroma_engine *engine = NULL;
 *   chroma_engine_options engine_options = { .struct_size = sizeof engine_options };
 *   if (chroma_engine_create(&engine_options, &engine) != CHROMA_OK) { puts(chroma_last_error()); return 1; }
 *
 *   chroma_transformer *transformer = NULL;
 *   chroma_load_options load = { .struct_size = sizeof load, .type = CHROMA_TYPE_STORED };
 *   if (chroma_transformer_load(engine, "Chroma1-HD-Q8_0.gguf", &load, &transformer) != CHROMA_OK) ...
 *
 *   chroma_transformer_inputs in = { .struct_size = sizeof in, .batch = 1, .height = 128, .width = 128,
 *       .text_tokens = 12, .latent = x, .timestep = &sigma, .context = t5_states, .context_mask = keep };
 *   chroma_transformer_forward(transformer, &in, NULL, velocity);        // velocity: [1, 16, 128, 128]
 *
 *   chroma_transformer_free(transformer);
 *   chroma_engine_free(engine);
 *
 * Rules that hold for the whole header
 *   - Every function that can fail returns a chroma_status. On anything but CHROMA_OK, chroma_last_error() has one sentence
 *     that names the file, tensor or argument at fault, and out parameters are left as they were (handles: set to NULL; an image that
 *     chroma_autoencoder_decode writes may be there in part).
 *   - Tensors are float32, row-major (last axis fastest): images [B, C, H, W], tokens [B, L, C], heads [B, H, L, D].
 *   - Threads: handles may be used from any thread. Calls on one model handle run one after another (the second waits);
 *     different models run at the same time. Callbacks come on the thread that made the call, before it returns.
 *   - Ownership: what a *_create, *_load or *_open function returns is given back with the *_free function of the same noun, which
 *     takes NULL. A model keeps its engine alive. Pointers passed to a callback are valid until that callback returns.
 *   - Strings are UTF-8, null-terminated unless a length is given. Booleans are int32_t, 0 or 1.
 *   - Options and inputs structs start with struct_size = sizeof(the struct); a zero field means its default. New fields are added at the end.
 */
#ifndef CHROMA_H
#define CHROMA_H

#include <stdint.h>

#if defined(_WIN32)
#if defined(CHROMA_BUILDING_LIBRARY)
#define CHROMA_API __declspec(dllexport)
#else
#define CHROMA_API __declspec(dllimport)
#endif
#else
#define CHROMA_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- library */

/* Raised on every incompatible change of this header. */
#define CHROMA_ABI_VERSION 1

/* The largest number of axes that a tensor in this interface has. */
#define CHROMA_MAX_RANK 8

typedef enum chroma_status {
    CHROMA_OK = 0,
    CHROMA_ERROR_INVALID_ARGUMENT = 1, /* an argument is NULL, out of range, or of the wrong shape */
    CHROMA_ERROR_IO = 2,               /* a file can't be opened, read or written, or changed while it was in use */
    CHROMA_ERROR_FORMAT = 3,           /* a file is damaged, or not of the format that it claims */
    CHROMA_ERROR_WRONG_MODEL = 4,      /* a sound file, but of another model or component */
    CHROMA_ERROR_MISSING_TENSOR = 5,   /* the model file lacks a tensor */
    CHROMA_ERROR_TENSOR_SHAPE = 6,     /* a tensor of the model file has another shape than the others imply */
    CHROMA_ERROR_UNSUPPORTED = 7,      /* known, but not supported by this build or version */
    CHROMA_ERROR_OUT_OF_MEMORY = 8,
    CHROMA_ERROR_ABORTED = 9,          /* the abort callback asked to stop */
    CHROMA_ERROR_INTERNAL = 10,        /* a defect in this library */
    CHROMA_ERROR_NOT_FINITE = 11       /* a network gave infinite or undefined values: damaged weights, or a type of too small a range */
} chroma_status;

/* Returns CHROMA_ABI_VERSION as the library was built. Compare it before any other call. */
CHROMA_API uint32_t chroma_abi_version(void);

/* Returns the library's version, such as "0.1.0". Static. */
CHROMA_API const char *chroma_version(void);

/* Returns the sentence about the calling thread's last failure, "" if there was none. Valid until this thread's next call. */
CHROMA_API const char *chroma_last_error(void);

/* One line of the layout table: the size of a struct, the offset and size of a field, or the value of an enumerator. */
typedef struct chroma_layout_entry {
    const char *name;  /* "chroma_load_options", "chroma_load_options.type" or "CHROMA_TYPE_F32"; static */
    int64_t value;     /* sizeof, offsetof, or the enumerator's value */
    int64_t size;      /* sizeof the field or struct; 0 for an enumerator */
} chroma_layout_entry;

/* Gives the sizes, offsets and enum values that the library was compiled with, so that a binding can compare its own.
 * The table is static; count receives its length. */
CHROMA_API chroma_status chroma_layout(const chroma_layout_entry **entries, int32_t *count);

/* ---------------------------------------------------------------- types */

/* How tensor elements are stored. Values are this library's own; quantised types are ggml's blocks of those names. */
typedef enum chroma_type {
    CHROMA_TYPE_STORED = 0, /* as options: keep each tensor as the file has it */
    CHROMA_TYPE_F32 = 1,
    CHROMA_TYPE_F16 = 2,
    CHROMA_TYPE_BF16 = 3,
    CHROMA_TYPE_F8_E4M3 = 4, /* read only */
    CHROMA_TYPE_F8_E5M2 = 5, /* read only */
    CHROMA_TYPE_F64 = 6,     /* read only */
    CHROMA_TYPE_I8 = 7,
    CHROMA_TYPE_I16 = 8,
    CHROMA_TYPE_I32 = 9,
    CHROMA_TYPE_I64 = 10,
    CHROMA_TYPE_Q4_0 = 11,
    CHROMA_TYPE_Q4_1 = 12,
    CHROMA_TYPE_Q5_0 = 13,
    CHROMA_TYPE_Q5_1 = 14,
    CHROMA_TYPE_Q8_0 = 15,
    CHROMA_TYPE_Q2_K = 16,
    CHROMA_TYPE_Q3_K = 17,
    CHROMA_TYPE_Q4_K = 18,
    CHROMA_TYPE_Q5_K = 19,
    CHROMA_TYPE_Q6_K = 20,
    CHROMA_TYPE_OTHER = 21, /* a type that ggml can dequantise but that has no name here (IQ4_XS, ...), or U8/BOOL */
    CHROMA_TYPE_INT8 = 22   /* int8 rows of weights and of activations with a scale each, rotated block by block with a Hadamard matrix; the
                               Approximator, the first and the last layers keep their type. Runs on oneDNN, on the CPU. In a file: "X.weight"
                               as I8, "X.weight_scale" as F32, and the metadata chroma.int8.rotation and chroma.int8.stride (docs/precision.md) */
} chroma_type;

/* Returns the type's usual name ("q8_0"), "unknown" for a value outside the enum. Static. */
CHROMA_API const char *chroma_type_name(chroma_type type);

/* Finds a type by its usual name, in any case. */
CHROMA_API chroma_status chroma_type_parse(const char *name, chroma_type *type);

/* A named float32 tensor: an input of chroma_transformer_run_module or an output seen by a tap. */
typedef struct chroma_tensor {
    const char *name;
    const float *data;              /* row-major */
    int32_t rank;                   /* 0 to CHROMA_MAX_RANK */
    int32_t reserved;
    int64_t shape[CHROMA_MAX_RANK]; /* the first `rank` are used */
} chroma_tensor;

/* ---------------------------------------------------------------- callbacks */

typedef enum chroma_log_level {
    CHROMA_LOG_DEBUG = 0,
    CHROMA_LOG_INFO = 1,
    CHROMA_LOG_WARNING = 2,
    CHROMA_LOG_ERROR = 3
} chroma_log_level;

/* One whole line of the engine's log, without a line break. May come from any thread. */
typedef void (*chroma_log_callback)(chroma_log_level level, const char *line, void *user_data);

/* Progress of a slow call: `done` of `total` (bytes while loading or converting, blocks while computing). */
typedef void (*chroma_progress_callback)(int64_t done, int64_t total, void *user_data);

/* Asked often during a slow call; anything but 0 stops it within a block's time, with CHROMA_ERROR_ABORTED. */
typedef int32_t (*chroma_abort_callback)(void *user_data);

/* Sees one layer's output as soon as it is computed. The name is that of the PyTorch module whose output it is
 * ("double_blocks.0.img", "encoder.block.0", "decoder.mid.attn_1"). Return 0 to go on, anything else to stop the call. */
typedef int32_t (*chroma_tap_callback)(const chroma_tensor *tensor, void *user_data);

/* ---------------------------------------------------------------- engine */

/* The devices that models run on, and the log. Thread-safe. */
typedef struct chroma_engine chroma_engine;

/* Which code computes on the CPU. */
typedef enum chroma_kernels {
    CHROMA_KERNELS_AUTO = 0,  /* oneDNN where this build has it, ggml's own elsewhere */
    CHROMA_KERNELS_GGML = 1,  /* ggml's own alone */
    CHROMA_KERNELS_ONEDNN = 2 /* oneDNN; CHROMA_ERROR_UNSUPPORTED in a build without it */
} chroma_kernels;

typedef struct chroma_engine_options {
    uint32_t struct_size;
    int32_t threads;         /* CPU threads of a computation; 0: one per physical core */
    const char *device;      /* a ggml device name such as "CUDA0"; NULL: the first GPU that this build has, else the CPU; "cpu": the CPU only */
    chroma_log_callback log; /* NULL: no log */
    void *user_data;         /* for log */
    chroma_kernels kernels;  /* of the CPU; a GPU has its own */
    int32_t reserved;
} chroma_engine_options;

/* Opens the devices. options may be NULL. */
CHROMA_API chroma_status chroma_engine_create(const chroma_engine_options *options, chroma_engine **engine);
CHROMA_API void chroma_engine_free(chroma_engine *engine);

/* The devices in use, first the one that computes, as "CUDA0 (NVIDIA ...), CPU (AMD EPYC ...)". Valid while the engine lives. */
CHROMA_API chroma_status chroma_engine_describe(chroma_engine *engine, const char **text);

/* Measures what the processor can do: the best rate, in GFLOP/s, that a plain matrix product of oneDNN reaches with this many threads
 * (0: one per physical core). type: F32, BF16, or I8 (bytes into 32-bit sums). Takes about a second. UNSUPPORTED in a build without
 * oneDNN, or where it has no such product for this processor. */
CHROMA_API chroma_status chroma_measure_peak(chroma_type type, int32_t threads, double *gflops);

/* ---------------------------------------------------------------- files */

/* What a path to write to leads to, after all symbolic links. */
typedef enum chroma_output_kind {
    CHROMA_OUTPUT_FILE = 0,           /* a regular file, or nothing yet: replaced when the new one is whole */
    CHROMA_OUTPUT_SPECIAL = 1,        /* a device, a pipe or a descriptor of this process (/dev/fd/3): written to as it is */
    CHROMA_OUTPUT_STANDARD_OUTPUT = 2 /* the same, and it is this process's standard output */
} chroma_output_kind;

/* A file being written. A regular file is written beside its path, under a name that ends in .part, and renamed when it is finished:
 * the old one's permissions are kept, its owner where this user may give files away, and so are symbolic links that lead to it; other
 * names (hard links) of the old one keep the old content. A file in a folder that takes no new ones is written in place. Parts that
 * dead processes left in the folder are removed. One thread at a time may use a handle. */
typedef struct chroma_output chroma_output;

/* Fails with CHROMA_ERROR_IO unless path leads to a regular file: reading a pipe or a device might never end. */
CHROMA_API chroma_status chroma_input_check(const char *path);

/* Fails where chroma_output_create would, as far as that can be known without waiting, and leaves nothing behind. */
CHROMA_API chroma_status chroma_output_check(const char *path, chroma_output_kind *kind);

/* Begins to write. Waits for up to half a minute until a pipe has a reader. */
CHROMA_API chroma_status chroma_output_create(const char *path, chroma_output **output);

/* Appends bytes. */
CHROMA_API chroma_status chroma_output_write(chroma_output *output, const void *data, int64_t bytes);

/* Ends the file: it now has its name, and is on the disk. Write nothing to the handle after it. */
CHROMA_API chroma_status chroma_output_finish(chroma_output *output);

/* Without chroma_output_finish before it, what was at the path stays, and nothing else does. */
CHROMA_API void chroma_output_free(chroma_output *output);

/* Removes the .part files of all that this process is writing, chroma_weights_quantize included. For a process that is about to end
 * at once; what was being written fails. */
CHROMA_API void chroma_output_discard_all(void);

/* ---------------------------------------------------------------- weight files */

/* One checkpoint, opened and checked, its data memory-mapped: a GGUF or safetensors file, all parts of one that is split into several
 * (named by its *.index.json or by any part), or a folder with one model. Immutable, so usable from several threads at once. */
typedef struct chroma_weights chroma_weights;

typedef enum chroma_container {
    CHROMA_CONTAINER_GGUF = 0,
    CHROMA_CONTAINER_SAFETENSORS = 1
} chroma_container;

typedef enum chroma_architecture {
    CHROMA_ARCHITECTURE_UNKNOWN = 0,
    CHROMA_ARCHITECTURE_CHROMA = 1,
    CHROMA_ARCHITECTURE_T5_ENCODER = 2,
    CHROMA_ARCHITECTURE_AUTOENCODER = 3,
    CHROMA_ARCHITECTURE_FLUX = 4,            /* recognised, not supported */
    CHROMA_ARCHITECTURE_CHROMA_RADIANCE = 5, /* recognised, not supported */
    CHROMA_ARCHITECTURE_CLIP = 6,            /* recognised, not supported */
    CHROMA_ARCHITECTURE_STABLE_DIFFUSION = 7, /* recognised, not supported */
    CHROMA_ARCHITECTURE_TINY_AUTOENCODER = 8  /* TAEF1 or TAESD: recognised, not supported */
} chroma_architecture;

typedef struct chroma_weights_info {
    uint32_t struct_size;
    chroma_container container;
    chroma_architecture architecture; /* the foreign model recognised, else the first of the parts below */
    int32_t file_count;      /* 1, or the number of shards or parts */
    int64_t tensor_count;
    int64_t parameter_count; /* elements of all tensors but scales */
    int64_t tensor_bytes;    /* bytes of all tensors, as stored */
    int64_t metadata_count;
    int32_t has_chroma;       /* 1: it holds a Chroma transformer; an all-in-one checkpoint holds several parts */
    int32_t has_t5_encoder;   /* 1: it holds a T5 encoder */
    int32_t has_autoencoder;  /* 1: it holds an autoencoder of FLUX's kind */
    int32_t reserved;
    const char *description;  /* what it is, in words ("a Chroma transformer"); "" if that is not known */
} chroma_weights_info;

typedef struct chroma_weights_tensor {
    uint32_t struct_size;
    chroma_type type;
    const char *name;               /* as the file has it */
    const char *canonical_name;     /* in the original checkpoint's names, of a part (to_q) with its [index]; equal to `name` when no map applies */
    const char *stored_type;        /* the file's own word for the type: "F8_E4M3", "IQ4_XS", ... */
    int64_t shape[CHROMA_MAX_RANK]; /* PyTorch order */
    int64_t bytes;
    int32_t rank;
    int32_t is_scale;               /* 1: it holds the scales of another tensor, float8 or int8 rows */
    chroma_architecture component;  /* the part that it belongs to by its name: CHROMA, T5_ENCODER, AUTOENCODER, else UNKNOWN */
    int32_t reserved;
} chroma_weights_tensor;

typedef enum chroma_metadata_kind {
    CHROMA_METADATA_STRING = 0,
    CHROMA_METADATA_INTEGER = 1,
    CHROMA_METADATA_NUMBER = 2,
    CHROMA_METADATA_BOOLEAN = 3
} chroma_metadata_kind;

typedef struct chroma_metadata {
    uint32_t struct_size;
    chroma_metadata_kind kind; /* of the value, or of an array's elements */
    const char *key;
    int32_t is_array;
    int32_t reserved;
    int64_t count; /* elements of an array; 1 for a single value */
} chroma_metadata;

/* Opens a checkpoint and checks all of its headers: sizes, counts, offsets, overlaps, duplicate names.
 * path: a GGUF or safetensors file (told apart by content), a *.index.json, or a folder. Of a checkpoint that is split into several files
 * any one may be named: shards are found by the index beside them, parts of a GGUF by what they say, others by their numbered names. */
CHROMA_API chroma_status chroma_weights_open(const char *path, chroma_weights **weights);

/* The same for one part of a model: of a folder with several checkpoints, the one that holds it. part: CHROMA, T5_ENCODER or AUTOENCODER.
 * What else is named is opened whatever it is. */
CHROMA_API chroma_status chroma_weights_open_part(const char *path, chroma_architecture part, chroma_weights **weights);
CHROMA_API void chroma_weights_free(chroma_weights *weights);

/* Strings in the infos below are valid while `weights` lives. Indices run from 0 to the count in chroma_weights_info. */
CHROMA_API chroma_status chroma_weights_get_info(const chroma_weights *weights, chroma_weights_info *info);
CHROMA_API chroma_status chroma_weights_get_tensor(const chroma_weights *weights, int64_t index, chroma_weights_tensor *tensor);

/* The path of one of its files, 0 to file_count - 1. */
CHROMA_API chroma_status chroma_weights_get_file(const chroma_weights *weights, int64_t index, const char **path);

/* Finds a tensor by the file's name or the canonical one. index receives -1 if there is none. */
CHROMA_API chroma_status chroma_weights_find_tensor(const chroma_weights *weights, const char *name, int64_t *index);

/* Converts a tensor to float32, without its scales where another tensor has them; int8 rows stay rotated. count must equal its
 * number of elements. */
CHROMA_API chroma_status chroma_weights_read(const chroma_weights *weights, int64_t index, float *values, int64_t count);

/* Gives the stored bytes of a tensor, straight from the mapped file. Once read, chroma_weights_check() tells whether they were the
 * file's: what it has lost reads as zeros. */
CHROMA_API chroma_status chroma_weights_read_raw(const chroma_weights *weights, int64_t index, const void **data, int64_t *bytes);

/* Fails with CHROMA_ERROR_IO, naming the file, if one of the checkpoint's files was truncated or written to since it was opened, or can't
 * be read any more. All functions that read from files check that themselves. Takes some microseconds. */
CHROMA_API chroma_status chroma_weights_check(const chroma_weights *weights);

CHROMA_API chroma_status chroma_weights_get_metadata(const chroma_weights *weights, int64_t index, chroma_metadata *metadata);

/* Finds a metadata key. index receives -1 if there is none. */
CHROMA_API chroma_status chroma_weights_find_metadata(const chroma_weights *weights, const char *key, int64_t *index);

/* Element `element` of a string or string array; the text may hold any bytes and is `length` long, without a final null. */
CHROMA_API chroma_status chroma_weights_get_string(const chroma_weights *weights, int64_t index, int64_t element,
                                                   const char **text, int64_t *length);

/* Elements first .. first + count of an integer, number or boolean value or array, as doubles. */
CHROMA_API chroma_status chroma_weights_get_numbers(const chroma_weights *weights, int64_t index, int64_t first, int64_t count,
                                                    double *values);

typedef struct chroma_quantize_options {
    uint32_t struct_size;
    chroma_type type;             /* of the matrices: F32, F16, BF16, INT8 or a quantised type */
    int32_t include_approximator; /* 1: the Approximator too; it stays F32/F16/BF16 as stored otherwise, as do norms and biases */
    int32_t threads;              /* 0: one per physical core */
    chroma_progress_callback progress;
    chroma_abort_callback abort;
    void *user_data;
} chroma_quantize_options;

/* Converts a checkpoint of any supported form to one file, GGUF or safetensors by output_path's extension, under the original
 * checkpoint's names, metadata kept. Written as chroma_output says, so that a failure leaves nothing behind; to a pipe or a device
 * whose name has neither extension goes GGUF. A transformer, T5 encoder or autoencoder that lacks tensors is refused first; one half
 * of an autoencoder is whole. Quantised types need GGUF; INT8, which is made on any machine, does not. Int8 rows can't be converted to
 * another type. */
CHROMA_API chroma_status chroma_weights_quantize(const char *input_path, const char *output_path,
                                                 const chroma_quantize_options *options);

/* One tensor of a checkpoint that chroma_weights_create_random makes. */
typedef struct chroma_random_tensor {
    const char *name;               /* any name that a checkpoint may use for it */
    chroma_type type;               /* F32, F16, BF16, or a quantised type whose blocks fill the rows */
    int32_t rank;                   /* 1 to 4 */
    int64_t shape[CHROMA_MAX_RANK]; /* the first `rank` are used */
    float mean;                     /* of the values */
    float deviation;                /* standard deviation of the values; 0: all are the mean */
} chroma_random_tensor;

/* Makes a checkpoint in memory, without a file, of normally distributed values: for measuring a network of any size. Equal seeds give
 * equal values, whatever the types are, but for their rounding. */
CHROMA_API chroma_status chroma_weights_create_random(const chroma_random_tensor *tensors, int64_t count, int64_t seed,
                                                      chroma_weights **weights);

/* ---------------------------------------------------------------- loading and running, common to all models */

typedef struct chroma_load_options {
    uint32_t struct_size;
    chroma_type type;             /* convert matrices while loading; STORED keeps them, memory-mapped where the device allows it */
    int32_t convert_approximator; /* 1: `type` applies to the Approximator too */
    int32_t rope_axes[3];         /* head channels for text, row and column positions; all 0: the file's metadata, else 16, 56, 56 (scaled to the head) */
    chroma_progress_callback progress;
    chroma_abort_callback abort;
    void *user_data;
} chroma_load_options;

/* Where the time of one call went. Operations of different kinds are computed one after another then, so that a call which is profiled
 * may be a little slower than others. */
typedef struct chroma_profile {
    uint32_t struct_size;
    int32_t reserved;
    double linear_seconds;      /* linear layers: products with weights, their biases, and activations done on the way */
    double attention_seconds;   /* norms of queries and keys, scores, softmax and weighted values */
    double convolution_seconds;
    double other_seconds;       /* other norms, activations, gates, copies */
} chroma_profile;

typedef struct chroma_run_options {
    uint32_t struct_size;
    int32_t threads;           /* 0: the engine's */
    chroma_progress_callback progress;
    chroma_abort_callback abort;
    chroma_tap_callback tap;
    const char *const *tap_patterns; /* globs: * is any run of characters, dots included, ? is one */
    int32_t tap_pattern_count;
    int32_t reserved;
    void *user_data;           /* for the three callbacks */
    chroma_profile *profile;   /* receives where the time went; NULL: not measured */
} chroma_run_options;

/* Bytes that a model holds, or would need for one call. */
typedef struct chroma_memory {
    uint32_t struct_size;
    int32_t reserved;
    int64_t weight_bytes;  /* weights in the model's own memory */
    int64_t mapped_bytes;  /* weights read straight from the mapped file: page cache, not counted above */
    int64_t compute_bytes; /* scratch memory of the graph: planned (chroma_*_plan) or held now (chroma_*_memory) */
    int64_t peak_bytes;    /* the largest sum of weights and scratch so far */
} chroma_memory;

/* ---------------------------------------------------------------- transformer */

/* ChromaTransformer: Approximator, double and single stream blocks, last layer. */
typedef struct chroma_transformer chroma_transformer;

typedef struct chroma_transformer_info {
    uint32_t struct_size;
    int32_t hidden_size;
    int32_t heads;
    int32_t head_size;
    int32_t double_blocks;
    int32_t single_blocks;
    int32_t mlp_size;
    int32_t context_size;    /* channels of the text encoder's states */
    int32_t latent_channels; /* 16 */
    int32_t patch_size;      /* 2 */
    int32_t approximator_inputs;
    int32_t approximator_size;
    int32_t approximator_layers;
    int32_t modulation_rows;
    int32_t rope_axes[3];
    int32_t reserved;
    int64_t parameter_count;
} chroma_transformer_info;

/* Step caching: while pictures are sampled, an evaluation is left out, but for the first block and the last layer, where what the blocks
 * in between would add can be predicted from the evaluations before it. One cache serves the evaluations of one sampling run, in their
 * order; samples are told apart by their place in the batch. Not for use by two calls at once. */
typedef struct chroma_step_cache chroma_step_cache;

typedef struct chroma_step_cache_options {
    uint32_t struct_size;
    float threshold;     /* > 0: how much what the first block adds may have changed since the last computed evaluation, relative to its mean magnitude */
    int32_t most_in_row; /* evaluations that may be predicted one after another; 0: any number */
    int32_t reserved;
} chroma_step_cache_options;

typedef struct chroma_step_cache_info {
    uint32_t struct_size;
    float last_change;   /* what was last compared with the threshold; infinity where there was nothing to compare */
    int64_t evaluations; /* of samples */
    int64_t predicted;   /* of these, how many were predicted */
    int64_t bytes;       /* memory of the cache */
} chroma_step_cache_info;

CHROMA_API chroma_status chroma_step_cache_create(const chroma_step_cache_options *options, chroma_step_cache **cache);
CHROMA_API void chroma_step_cache_free(chroma_step_cache *cache);
CHROMA_API chroma_status chroma_step_cache_get_info(const chroma_step_cache *cache, chroma_step_cache_info *info);

typedef struct chroma_transformer_inputs {
    uint32_t struct_size;
    int32_t batch;                 /* B, at least 1 */
    int32_t height;                /* of the latent, even, at least 2 */
    int32_t width;                 /* of the latent, even, at least 2 */
    int32_t text_tokens;           /* T, at least 1 */
    int32_t reserved;
    const float *latent;           /* [B, 16, height, width] */
    const float *timestep;         /* [B], sigma in 0..1 */
    const float *context;          /* [B, T, context_size] */
    const uint8_t *context_mask;   /* [B, T], 1 = the transformer sees this token, at least one per sample; NULL: all */
    chroma_step_cache *cache;      /* NULL: everything is computed. A call with taps computes everything, too */
} chroma_transformer_inputs;

CHROMA_API chroma_status chroma_transformer_load(chroma_engine *engine, const char *path, const chroma_load_options *options,
                                                 chroma_transformer **transformer);

/* The same from a checkpoint that is open. The model keeps what it needs of it: `weights` may be freed before the model. */
CHROMA_API chroma_status chroma_transformer_load_weights(chroma_engine *engine, const chroma_weights *weights,
                                                         const chroma_load_options *options, chroma_transformer **transformer);
CHROMA_API void chroma_transformer_free(chroma_transformer *transformer);
CHROMA_API chroma_status chroma_transformer_get_info(const chroma_transformer *transformer, chroma_transformer_info *info);
CHROMA_API chroma_status chroma_transformer_get_memory(chroma_transformer *transformer, chroma_memory *memory);

/* Computes what one forward call of these sizes would need, without computing it. Of `inputs` only the sizes and, if given,
 * context_mask are read. */
CHROMA_API chroma_status chroma_transformer_plan(chroma_transformer *transformer, const chroma_transformer_inputs *inputs,
                                                 chroma_memory *memory);

/* Gives back the scratch memory of earlier calls; the weights stay. */
CHROMA_API chroma_status chroma_transformer_trim(chroma_transformer *transformer);

/* Predicts the velocity, [B, 16, height, width]. Tokens that context_mask drops do not exist for the network; taps over text
 * tokens have zeros in their rows. run may be NULL. */
CHROMA_API chroma_status chroma_transformer_forward(chroma_transformer *transformer, const chroma_transformer_inputs *inputs,
                                                    const chroma_run_options *run, float *velocity);

/* Runs one module alone, by its PyTorch name, on the inputs given; its outputs come through run->tap (which must be set), whatever the
 * patterns; taps of the layers inside it come too where the patterns fit. docs/modules.md lists each module's inputs and outputs:
 *   distilled_guidance_layer: x [N, M, in]                                 -> output [N, M, hidden]
 *   double_blocks.N: img [B, L, C], txt [B, T, C], modulation [B, 12, C] (img shift1 scale1 gate1 shift2 scale2 gate2, then txt), ids [T + L, 3] -> img, txt
 *   single_blocks.N: x [B, L, C], modulation [B, 3, C] (shift, scale, gate), ids [L, 3]  -> output
 *   double_blocks.N.img_attn.norm and the like: q [B, H, L, D], k [B, H, L, D]   -> q, k
 *   final_layer: x [B, L, C], modulation [B, 2, C] (shift, scale)          -> output */
CHROMA_API chroma_status chroma_transformer_run_module(chroma_transformer *transformer, const char *module,
                                                       const chroma_tensor *inputs, int32_t input_count,
                                                       const chroma_run_options *run);

/* Runs a function that has no weights of a model, the same code that the networks call; outputs come through run->tap.
 *   modulate: x [B, L, C], shift [B, C], scale [B, C]           -> output
 *   gate: x [B, L, C], y [B, L, C], gate [B, C]                 -> output = x + gate * y
 *   layer_norm: x [..., C]                                      -> output (eps 1e-6, no weights)
 *   rms_norm: x [..., C], scale [C]                             -> output (eps 1e-6)
 *   group_norm: x [B, C, H, W], scale [C], bias [C]             -> output (32 groups, eps 1e-6)
 *   gelu, silu: x [...]                                         -> output
 *   timestep_embedding: t [N], dim [1]                          -> output [N, dim]
 *   approximator_input: t [N], rows [1]                         -> output [N, rows, 64]
 *   modulation_index: doubles [1], singles [1]                  -> one tap per modulation, named as flow names it, its rows as values
 *   pack_latent: latent [B, C, H, W]                            -> tokens [B, H/2 * W/2, C * 4], ids [B, H/2 * W/2, 3]
 *   unpack_latent: tokens [B, L, C * 4], height [1], width [1]  -> latent [B, C, H, W]
 *   rope_table: ids [L, 3], axes [3]                            -> output [1, 1, L, D/2, 2, 2]
 *   rope: x [B, H, L, D], ids [L, 3], axes [3]                  -> output
 *   attention: q, k, v [B, H, L, D]                             -> output [B, L, H * D], with float32 products
 *   attention_half: the same                                    -> output, with half-precision products where the device has them
 *   attention_int8: the same                                    -> output, as int8 models attend where the device can
 *   relative_position_bucket: length [1]                        -> output [length, length] (query, key) */
CHROMA_API chroma_status chroma_engine_run_function(chroma_engine *engine, const char *function, const chroma_tensor *inputs,
                                                    int32_t input_count, const chroma_run_options *run);

/* ---------------------------------------------------------------- text encoder */

/* The encoder of T5 v1.1. */
typedef struct chroma_text_encoder chroma_text_encoder;

typedef struct chroma_text_encoder_info {
    uint32_t struct_size;
    int32_t vocabulary_size;
    int32_t hidden_size; /* d_model: the transformer's context_size */
    int32_t heads;
    int32_t head_size;
    int32_t feed_forward_size;
    int32_t layers;
    int32_t relative_buckets;
    int64_t parameter_count;
} chroma_text_encoder_info;

/* What the padding positions of T5 see. Pictures differ. */
typedef enum chroma_text_mask {
    CHROMA_TEXT_MASK_KEY = 0,      /* padding keys are hidden; a padding query still sees the real tokens (diffusers) */
    CHROMA_TEXT_MASK_TRAINING = 1, /* padding queries too: they average over every position (the training code) */
    CHROMA_TEXT_MASK_NONE = 2      /* no mask (ComfyUI) */
} chroma_text_mask;

typedef struct chroma_text_inputs {
    uint32_t struct_size;
    int32_t batch;                 /* B, at least 1 */
    int32_t tokens;                /* T, at least 1 */
    chroma_text_mask mask;
    const int32_t *input_ids;      /* [B, T] */
    const uint8_t *attention_mask; /* [B, T], 1 = token, 0 = padding; NULL: all are tokens */
} chroma_text_inputs;

CHROMA_API chroma_status chroma_text_encoder_load(chroma_engine *engine, const char *path, const chroma_load_options *options,
                                                  chroma_text_encoder **encoder);

/* The same from a checkpoint that is open. */
CHROMA_API chroma_status chroma_text_encoder_load_weights(chroma_engine *engine, const chroma_weights *weights,
                                                          const chroma_load_options *options, chroma_text_encoder **encoder);
CHROMA_API void chroma_text_encoder_free(chroma_text_encoder *encoder);
CHROMA_API chroma_status chroma_text_encoder_get_info(const chroma_text_encoder *encoder, chroma_text_encoder_info *info);
CHROMA_API chroma_status chroma_text_encoder_get_memory(chroma_text_encoder *encoder, chroma_memory *memory);
CHROMA_API chroma_status chroma_text_encoder_plan(chroma_text_encoder *encoder, const chroma_text_inputs *inputs,
                                                  chroma_memory *memory);
CHROMA_API chroma_status chroma_text_encoder_trim(chroma_text_encoder *encoder);

/* Encodes token ids; states: [B, T, hidden_size]. */
CHROMA_API chroma_status chroma_text_encoder_forward(chroma_text_encoder *encoder, const chroma_text_inputs *inputs,
                                                     const chroma_run_options *run, float *states);

/* generate_t5_padding_mask: which tokens the transformer sees. attention_mask and keep are [B, T]; keep gets the tokens and the first
 * `padding_tokens` (Chroma: 1) padding positions after them. */
CHROMA_API chroma_status chroma_text_padding_mask(const uint8_t *attention_mask, int32_t batch, int32_t tokens,
                                                  int32_t padding_tokens, uint8_t *keep);

/* ---------------------------------------------------------------- autoencoder */

/* FLUX's autoencoder. A file with only one half loads; the other half's function then fails with CHROMA_ERROR_MISSING_TENSOR. */
typedef struct chroma_autoencoder chroma_autoencoder;

typedef struct chroma_autoencoder_info {
    uint32_t struct_size;
    int32_t latent_channels;   /* 16 */
    int32_t downscale;         /* 8: image pixels per latent pixel */
    int32_t has_encoder;
    int32_t has_decoder;
    float scale_factor;        /* 0.3611 unless the file's metadata says otherwise: z = latent / scale_factor + shift_factor */
    float shift_factor;        /* 0.1159 unless the file's metadata says otherwise */
    int32_t reserved;
    int64_t parameter_count;
} chroma_autoencoder_info;

typedef struct chroma_autoencoder_inputs {
    uint32_t struct_size;
    int32_t batch;
    int32_t height;      /* of `values` */
    int32_t width;       /* of `values` */
    int32_t tile;        /* latent pixels of a tile's side; 0: chosen so that large pictures stay within memory; -1: never tile */
    int32_t overlap;     /* latent pixels that neighbouring tiles share; 0: chosen; used only with tiles */
    const float *values; /* decode: latent [B, 16, height, width], unscaled and unshifted; encode: image [B, 3, height, width] in -1..1 */
} chroma_autoencoder_inputs;

CHROMA_API chroma_status chroma_autoencoder_load(chroma_engine *engine, const char *path, const chroma_load_options *options,
                                                 chroma_autoencoder **autoencoder);

/* The same from a checkpoint that is open. */
CHROMA_API chroma_status chroma_autoencoder_load_weights(chroma_engine *engine, const chroma_weights *weights,
                                                         const chroma_load_options *options, chroma_autoencoder **autoencoder);
CHROMA_API void chroma_autoencoder_free(chroma_autoencoder *autoencoder);
CHROMA_API chroma_status chroma_autoencoder_get_info(const chroma_autoencoder *autoencoder, chroma_autoencoder_info *info);
CHROMA_API chroma_status chroma_autoencoder_get_memory(chroma_autoencoder *autoencoder, chroma_memory *memory);

/* Plans a decode (decode = 1) or encode (0) of these sizes. */
CHROMA_API chroma_status chroma_autoencoder_plan(chroma_autoencoder *autoencoder, const chroma_autoencoder_inputs *inputs,
                                                 int32_t decode, chroma_memory *memory);
CHROMA_API chroma_status chroma_autoencoder_trim(chroma_autoencoder *autoencoder);

/* image: [B, 3, 8 * height, 8 * width], about -1..1, not clamped. */
CHROMA_API chroma_status chroma_autoencoder_decode(chroma_autoencoder *autoencoder, const chroma_autoencoder_inputs *inputs,
                                                   const chroma_run_options *run, float *image);

/* Image sides must be multiples of 8. mean and logvar: [B, 16, height / 8, width / 8]; either may be NULL. */
CHROMA_API chroma_status chroma_autoencoder_encode(chroma_autoencoder *autoencoder, const chroma_autoencoder_inputs *inputs,
                                                   const chroma_run_options *run, float *mean, float *logvar);

#ifdef __cplusplus
}
#endif

#endif
