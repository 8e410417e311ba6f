// Generated from chroma.h by tools/Chroma.BindingGenerator. Change the header and run it again: ./build.sh --target=Bindings
#nullable enable
#pragma warning disable IDE0079, CA1008, CA1028, CA1051, CA1401, CA1711, CA1720, CA1815, CA2101, CS8981, IDE1006, SYSLIB1054

using System.Runtime.InteropServices;

namespace Chroma.Interop;

/// <summary>An opaque handle of the native library; only pointers to it exist.</summary>
public readonly struct chroma_engine;

/// <summary>An opaque handle of the native library; only pointers to it exist.</summary>
public readonly struct chroma_output;

/// <summary>An opaque handle of the native library; only pointers to it exist.</summary>
public readonly struct chroma_weights;

/// <summary>An opaque handle of the native library; only pointers to it exist.</summary>
public readonly struct chroma_transformer;

/// <summary>An opaque handle of the native library; only pointers to it exist.</summary>
public readonly struct chroma_step_cache;

/// <summary>An opaque handle of the native library; only pointers to it exist.</summary>
public readonly struct chroma_text_encoder;

/// <summary>An opaque handle of the native library; only pointers to it exist.</summary>
public readonly struct chroma_autoencoder;

/// <summary>One line of the layout table: the size of a struct, the offset and size of a field, or the value of an enumerator.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_layout_entry
{
    /// <summary>&quot;chroma_load_options&quot;, &quot;chroma_load_options.type&quot; or &quot;CHROMA_TYPE_F32&quot;; static</summary>
    public byte* name;
    /// <summary>Sizeof, offsetof, or the enumerator&apos;s value</summary>
    public long value;
    /// <summary>Sizeof the field or struct; 0 for an enumerator</summary>
    public long size;
}

/// <summary>A named float32 tensor: an input of chroma_transformer_run_module or an output seen by a tap.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_tensor
{
    /// <summary>C: const char *</summary>
    public byte* name;
    /// <summary>Row-major</summary>
    public float* data;
    /// <summary>0 to CHROMA_MAX_RANK</summary>
    public int rank;
    /// <summary>C: int32_t</summary>
    public int reserved;
    /// <summary>The first `rank` are used</summary>
    public fixed long shape[8];
}

/// <summary>C: chroma_engine_options</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_engine_options
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>CPU threads of a computation; 0: one per physical core</summary>
    public int threads;
    /// <summary>A ggml device name such as &quot;CUDA0&quot;; NULL: the first GPU that this build has, else the CPU; &quot;cpu&quot;: the CPU only</summary>
    public byte* device;
    /// <summary>NULL: no log</summary>
    public delegate* unmanaged[Cdecl]<chroma_log_level, byte*, void*, void> log;
    /// <summary>For log</summary>
    public void* user_data;
    /// <summary>Of the CPU; a GPU has its own</summary>
    public chroma_kernels kernels;
    /// <summary>C: int32_t</summary>
    public int reserved;
}

/// <summary>C: chroma_weights_info</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_weights_info
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>C: chroma_container</summary>
    public chroma_container container;
    /// <summary>The foreign model recognised, else the first of the parts below</summary>
    public chroma_architecture architecture;
    /// <summary>1, or the number of shards or parts</summary>
    public int file_count;
    /// <summary>C: int64_t</summary>
    public long tensor_count;
    /// <summary>Elements of all tensors but scales</summary>
    public long parameter_count;
    /// <summary>Bytes of all tensors, as stored</summary>
    public long tensor_bytes;
    /// <summary>C: int64_t</summary>
    public long metadata_count;
    /// <summary>1: it holds a Chroma transformer; an all-in-one checkpoint holds several parts</summary>
    public int has_chroma;
    /// <summary>1: it holds a T5 encoder</summary>
    public int has_t5_encoder;
    /// <summary>1: it holds an autoencoder of FLUX&apos;s kind</summary>
    public int has_autoencoder;
    /// <summary>C: int32_t</summary>
    public int reserved;
    /// <summary>What it is, in words (&quot;a Chroma transformer&quot;); &quot;&quot; if that is not known</summary>
    public byte* description;
}

/// <summary>C: chroma_weights_tensor</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_weights_tensor
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>C: chroma_type</summary>
    public chroma_type type;
    /// <summary>As the file has it</summary>
    public byte* name;
    /// <summary>In the original checkpoint&apos;s names, of a part (to_q) with its [index]; equal to `name` when no map applies</summary>
    public byte* canonical_name;
    /// <summary>The file&apos;s own word for the type: &quot;F8_E4M3&quot;, &quot;IQ4_XS&quot;, ...</summary>
    public byte* stored_type;
    /// <summary>PyTorch order</summary>
    public fixed long shape[8];
    /// <summary>C: int64_t</summary>
    public long bytes;
    /// <summary>C: int32_t</summary>
    public int rank;
    /// <summary>1: it holds the scales of another tensor, float8 or int8 rows</summary>
    public int is_scale;
    /// <summary>The part that it belongs to by its name: CHROMA, T5_ENCODER, AUTOENCODER, else UNKNOWN</summary>
    public chroma_architecture component;
    /// <summary>C: int32_t</summary>
    public int reserved;
}

/// <summary>C: chroma_metadata</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_metadata
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>Of the value, or of an array&apos;s elements</summary>
    public chroma_metadata_kind kind;
    /// <summary>C: const char *</summary>
    public byte* key;
    /// <summary>C: int32_t</summary>
    public int is_array;
    /// <summary>C: int32_t</summary>
    public int reserved;
    /// <summary>Elements of an array; 1 for a single value</summary>
    public long count;
}

/// <summary>C: chroma_quantize_options</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_quantize_options
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>Of the matrices: F32, F16, BF16, INT8 or a quantised type</summary>
    public chroma_type type;
    /// <summary>1: the Approximator too; it stays F32/F16/BF16 as stored otherwise, as do norms and biases</summary>
    public int include_approximator;
    /// <summary>0: one per physical core</summary>
    public int threads;
    /// <summary>C: chroma_progress_callback</summary>
    public delegate* unmanaged[Cdecl]<long, long, void*, void> progress;
    /// <summary>C: chroma_abort_callback</summary>
    public delegate* unmanaged[Cdecl]<void*, int> abort;
    /// <summary>C: void *</summary>
    public void* user_data;
}

/// <summary>One tensor of a checkpoint that chroma_weights_create_random makes.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_random_tensor
{
    /// <summary>Any name that a checkpoint may use for it</summary>
    public byte* name;
    /// <summary>F32, F16, BF16, or a quantised type whose blocks fill the rows</summary>
    public chroma_type type;
    /// <summary>1 to 4</summary>
    public int rank;
    /// <summary>The first `rank` are used</summary>
    public fixed long shape[8];
    /// <summary>Of the values</summary>
    public float mean;
    /// <summary>Standard deviation of the values; 0: all are the mean</summary>
    public float deviation;
}

/// <summary>---------------------------------------------------------------- loading and running, common to all models</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_load_options
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>Convert matrices while loading; STORED keeps them, memory-mapped where the device allows it</summary>
    public chroma_type type;
    /// <summary>1: `type` applies to the Approximator too</summary>
    public int convert_approximator;
    /// <summary>Head channels for text, row and column positions; all 0: the file&apos;s metadata, else 16, 56, 56 (scaled to the head)</summary>
    public fixed int rope_axes[3];
    /// <summary>C: chroma_progress_callback</summary>
    public delegate* unmanaged[Cdecl]<long, long, void*, void> progress;
    /// <summary>C: chroma_abort_callback</summary>
    public delegate* unmanaged[Cdecl]<void*, int> abort;
    /// <summary>C: void *</summary>
    public void* user_data;
}

/// <summary>Where the time of one call went. Operations of different kinds are computed one after another then, so that a call which is profiled may be a little slower than others.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_profile
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>C: int32_t</summary>
    public int reserved;
    /// <summary>Linear layers: products with weights, their biases, and activations done on the way</summary>
    public double linear_seconds;
    /// <summary>Norms of queries and keys, scores, softmax and weighted values</summary>
    public double attention_seconds;
    /// <summary>C: double</summary>
    public double convolution_seconds;
    /// <summary>Other norms, activations, gates, copies</summary>
    public double other_seconds;
}

/// <summary>C: chroma_run_options</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_run_options
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>0: the engine&apos;s</summary>
    public int threads;
    /// <summary>C: chroma_progress_callback</summary>
    public delegate* unmanaged[Cdecl]<long, long, void*, void> progress;
    /// <summary>C: chroma_abort_callback</summary>
    public delegate* unmanaged[Cdecl]<void*, int> abort;
    /// <summary>C: chroma_tap_callback</summary>
    public delegate* unmanaged[Cdecl]<chroma_tensor*, void*, int> tap;
    /// <summary>Globs: * is any run of characters, dots included, ? is one</summary>
    public byte** tap_patterns;
    /// <summary>C: int32_t</summary>
    public int tap_pattern_count;
    /// <summary>C: int32_t</summary>
    public int reserved;
    /// <summary>For the three callbacks</summary>
    public void* user_data;
    /// <summary>Receives where the time went; NULL: not measured</summary>
    public chroma_profile* profile;
}

/// <summary>Bytes that a model holds, or would need for one call.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_memory
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>C: int32_t</summary>
    public int reserved;
    /// <summary>Weights in the model&apos;s own memory</summary>
    public long weight_bytes;
    /// <summary>Weights read straight from the mapped file: page cache, not counted above</summary>
    public long mapped_bytes;
    /// <summary>Scratch memory of the graph: planned (chroma_*_plan) or held now (chroma_*_memory)</summary>
    public long compute_bytes;
    /// <summary>The largest sum of weights and scratch so far</summary>
    public long peak_bytes;
}

/// <summary>C: chroma_transformer_info</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_transformer_info
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>C: int32_t</summary>
    public int hidden_size;
    /// <summary>C: int32_t</summary>
    public int heads;
    /// <summary>C: int32_t</summary>
    public int head_size;
    /// <summary>C: int32_t</summary>
    public int double_blocks;
    /// <summary>C: int32_t</summary>
    public int single_blocks;
    /// <summary>C: int32_t</summary>
    public int mlp_size;
    /// <summary>Channels of the text encoder&apos;s states</summary>
    public int context_size;
    /// <summary>16</summary>
    public int latent_channels;
    /// <summary>2</summary>
    public int patch_size;
    /// <summary>C: int32_t</summary>
    public int approximator_inputs;
    /// <summary>C: int32_t</summary>
    public int approximator_size;
    /// <summary>C: int32_t</summary>
    public int approximator_layers;
    /// <summary>C: int32_t</summary>
    public int modulation_rows;
    /// <summary>C: int32_t[3]</summary>
    public fixed int rope_axes[3];
    /// <summary>C: int32_t</summary>
    public int reserved;
    /// <summary>C: int64_t</summary>
    public long parameter_count;
}

/// <summary>C: chroma_step_cache_options</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_step_cache_options
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>&gt; 0: how much what the first block adds may have changed since the last computed evaluation, relative to its mean magnitude</summary>
    public float threshold;
    /// <summary>Evaluations that may be predicted one after another; 0: any number</summary>
    public int most_in_row;
    /// <summary>C: int32_t</summary>
    public int reserved;
}

/// <summary>C: chroma_step_cache_info</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_step_cache_info
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>What was last compared with the threshold; infinity where there was nothing to compare</summary>
    public float last_change;
    /// <summary>Of samples</summary>
    public long evaluations;
    /// <summary>Of these, how many were predicted</summary>
    public long predicted;
    /// <summary>Memory of the cache</summary>
    public long bytes;
}

/// <summary>C: chroma_transformer_inputs</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_transformer_inputs
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>B, at least 1</summary>
    public int batch;
    /// <summary>Of the latent, even, at least 2</summary>
    public int height;
    /// <summary>Of the latent, even, at least 2</summary>
    public int width;
    /// <summary>T, at least 1</summary>
    public int text_tokens;
    /// <summary>C: int32_t</summary>
    public int reserved;
    /// <summary>[B, 16, height, width]</summary>
    public float* latent;
    /// <summary>[B], sigma in 0..1</summary>
    public float* timestep;
    /// <summary>[B, T, context_size]</summary>
    public float* context;
    /// <summary>[B, T], 1 = the transformer sees this token, at least one per sample; NULL: all</summary>
    public byte* context_mask;
    /// <summary>NULL: everything is computed. A call with taps computes everything, too</summary>
    public chroma_step_cache* cache;
}

/// <summary>C: chroma_text_encoder_info</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_text_encoder_info
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>C: int32_t</summary>
    public int vocabulary_size;
    /// <summary>D_model: the transformer&apos;s context_size</summary>
    public int hidden_size;
    /// <summary>C: int32_t</summary>
    public int heads;
    /// <summary>C: int32_t</summary>
    public int head_size;
    /// <summary>C: int32_t</summary>
    public int feed_forward_size;
    /// <summary>C: int32_t</summary>
    public int layers;
    /// <summary>C: int32_t</summary>
    public int relative_buckets;
    /// <summary>C: int64_t</summary>
    public long parameter_count;
}

/// <summary>C: chroma_text_inputs</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_text_inputs
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>B, at least 1</summary>
    public int batch;
    /// <summary>T, at least 1</summary>
    public int tokens;
    /// <summary>C: chroma_text_mask</summary>
    public chroma_text_mask mask;
    /// <summary>[B, T]</summary>
    public int* input_ids;
    /// <summary>[B, T], 1 = token, 0 = padding; NULL: all are tokens</summary>
    public byte* attention_mask;
}

/// <summary>C: chroma_autoencoder_info</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_autoencoder_info
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>16</summary>
    public int latent_channels;
    /// <summary>8: image pixels per latent pixel</summary>
    public int downscale;
    /// <summary>C: int32_t</summary>
    public int has_encoder;
    /// <summary>C: int32_t</summary>
    public int has_decoder;
    /// <summary>0.3611 unless the file&apos;s metadata says otherwise: z = latent / scale_factor + shift_factor</summary>
    public float scale_factor;
    /// <summary>0.1159 unless the file&apos;s metadata says otherwise</summary>
    public float shift_factor;
    /// <summary>C: int32_t</summary>
    public int reserved;
    /// <summary>C: int64_t</summary>
    public long parameter_count;
}

/// <summary>C: chroma_autoencoder_inputs</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct chroma_autoencoder_inputs
{
    /// <summary>C: uint32_t</summary>
    public uint struct_size;
    /// <summary>C: int32_t</summary>
    public int batch;
    /// <summary>Of `values`</summary>
    public int height;
    /// <summary>Of `values`</summary>
    public int width;
    /// <summary>Latent pixels of a tile&apos;s side; 0: chosen so that large pictures stay within memory; -1: never tile</summary>
    public int tile;
    /// <summary>Latent pixels that neighbouring tiles share; 0: chosen; used only with tiles</summary>
    public int overlap;
    /// <summary>Decode: latent [B, 16, height, width], unscaled and unshifted; encode: image [B, 3, height, width] in -1..1</summary>
    public float* values;
}
