// Generated from chroma.h by tools/Chroma.BindingGenerator. Change the header and run it again: ./build.sh --target=Bindings
#nullable enable
#pragma warning disable IDE0079, CA1008, CA1028, CA1051, CA1401, CA1711, CA1720, CA1815, CA2101, CS8981, IDE1006, SYSLIB1054

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Chroma.Interop;

/// <summary>The functions of libchroma, as chroma.h declares them.</summary>
public static unsafe partial class ChromaNative
{
    /// <summary>C: CHROMA_ABI_VERSION</summary>
    public const int CHROMA_ABI_VERSION = 1;

    /// <summary>C: CHROMA_MAX_RANK</summary>
    public const int CHROMA_MAX_RANK = 8;

    /// <summary>Returns CHROMA_ABI_VERSION as the library was built. Compare it before any other call.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial uint chroma_abi_version();

    /// <summary>Returns the library&apos;s version, such as &quot;0.1.0&quot;. Static.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial byte* chroma_version();

    /// <summary>Returns the sentence about the calling thread&apos;s last failure, &quot;&quot; if there was none. Valid until this thread&apos;s next call.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial byte* chroma_last_error();

    /// <summary>Gives the sizes, offsets and enum values that the library was compiled with, so that a binding can compare its own. The table is static; count receives its length.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_layout(chroma_layout_entry** entries, int* count);

    /// <summary>Returns the type&apos;s usual name (&quot;q8_0&quot;), &quot;unknown&quot; for a value outside the enum. Static.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial byte* chroma_type_name(chroma_type type);

    /// <summary>Finds a type by its usual name, in any case.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_type_parse(byte* name, chroma_type* type);

    /// <summary>Opens the devices. options may be NULL.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_engine_create(chroma_engine_options* options, chroma_engine** engine);

    /// <summary>C: chroma_engine_free</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void chroma_engine_free(chroma_engine* engine);

    /// <summary>The devices in use, first the one that computes, as &quot;CUDA0 (NVIDIA ...), CPU (AMD EPYC ...)&quot;. Valid while the engine lives.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_engine_describe(chroma_engine* engine, byte** text);

    /// <summary>Measures what the processor can do: the best rate, in GFLOP/s, that a plain matrix product of oneDNN reaches with this many threads (0: one per physical core). type: F32, BF16, or I8 (bytes into 32-bit sums). Takes about a second. UNSUPPORTED in a build without oneDNN, or where it has no such product for this processor.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_measure_peak(chroma_type type, int threads, double* gflops);

    /// <summary>Fails with CHROMA_ERROR_IO unless path leads to a regular file: reading a pipe or a device might never end.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_input_check(byte* path);

    /// <summary>Fails where chroma_output_create would, as far as that can be known without waiting, and leaves nothing behind.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_output_check(byte* path, chroma_output_kind* kind);

    /// <summary>Begins to write. Waits for up to half a minute until a pipe has a reader.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_output_create(byte* path, chroma_output** output);

    /// <summary>Appends bytes.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_output_write(chroma_output* output, void* data, long bytes);

    /// <summary>Ends the file: it now has its name, and is on the disk. Write nothing to the handle after it.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_output_finish(chroma_output* output);

    /// <summary>Without chroma_output_finish before it, what was at the path stays, and nothing else does.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void chroma_output_free(chroma_output* output);

    /// <summary>Removes the .part files of all that this process is writing, chroma_weights_quantize included. For a process that is about to end at once; what was being written fails.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void chroma_output_discard_all();

    /// <summary>Opens a checkpoint and checks all of its headers: sizes, counts, offsets, overlaps, duplicate names. path: a GGUF or safetensors file (told apart by content), a *.index.json, or a folder. Of a checkpoint that is split into several files any one may be named: shards are found by the index beside them, parts of a GGUF by what they say, others by their numbered names.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_open(byte* path, chroma_weights** weights);

    /// <summary>The same for one part of a model: of a folder with several checkpoints, the one that holds it. part: CHROMA, T5_ENCODER or AUTOENCODER. What else is named is opened whatever it is.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_open_part(byte* path, chroma_architecture part, chroma_weights** weights);

    /// <summary>C: chroma_weights_free</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void chroma_weights_free(chroma_weights* weights);

    /// <summary>Strings in the infos below are valid while `weights` lives. Indices run from 0 to the count in chroma_weights_info.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_get_info(chroma_weights* weights, chroma_weights_info* info);

    /// <summary>C: chroma_weights_get_tensor</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_get_tensor(chroma_weights* weights, long index, chroma_weights_tensor* tensor);

    /// <summary>The path of one of its files, 0 to file_count - 1.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_get_file(chroma_weights* weights, long index, byte** path);

    /// <summary>Finds a tensor by the file&apos;s name or the canonical one. index receives -1 if there is none.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_find_tensor(chroma_weights* weights, byte* name, long* index);

    /// <summary>Converts a tensor to float32, without its scales where another tensor has them; int8 rows stay rotated. count must equal its number of elements.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_read(chroma_weights* weights, long index, float* values, long count);

    /// <summary>Gives the stored bytes of a tensor, straight from the mapped file. Once read, chroma_weights_check() tells whether they were the file&apos;s: what it has lost reads as zeros.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_read_raw(chroma_weights* weights, long index, void** data, long* bytes);

    /// <summary>Fails with CHROMA_ERROR_IO, naming the file, if one of the checkpoint&apos;s files was truncated or written to since it was opened, or can&apos;t be read any more. All functions that read from files check that themselves. Takes some microseconds.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_check(chroma_weights* weights);

    /// <summary>C: chroma_weights_get_metadata</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_get_metadata(chroma_weights* weights, long index, chroma_metadata* metadata);

    /// <summary>Finds a metadata key. index receives -1 if there is none.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_find_metadata(chroma_weights* weights, byte* key, long* index);

    /// <summary>Element `element` of a string or string array; the text may hold any bytes and is `length` long, without a final null.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_get_string(chroma_weights* weights, long index, long element, byte** text, long* length);

    /// <summary>Elements first .. first + count of an integer, number or boolean value or array, as doubles.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_get_numbers(chroma_weights* weights, long index, long first, long count, double* values);

    /// <summary>Converts a checkpoint of any supported form to one file, GGUF or safetensors by output_path&apos;s extension, under the original checkpoint&apos;s names, metadata kept. Written as chroma_output says, so that a failure leaves nothing behind; to a pipe or a device whose name has neither extension goes GGUF. A transformer, T5 encoder or autoencoder that lacks tensors is refused first; one half of an autoencoder is whole. Quantised types need GGUF; INT8, which is made on any machine, does not. Int8 rows can&apos;t be converted to another type.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_quantize(byte* input_path, byte* output_path, chroma_quantize_options* options);

    /// <summary>Makes a checkpoint in memory, without a file, of normally distributed values: for measuring a network of any size. Equal seeds give equal values, whatever the types are, but for their rounding.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_weights_create_random(chroma_random_tensor* tensors, long count, long seed, chroma_weights** weights);

    /// <summary>C: chroma_step_cache_create</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_step_cache_create(chroma_step_cache_options* options, chroma_step_cache** cache);

    /// <summary>C: chroma_step_cache_free</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void chroma_step_cache_free(chroma_step_cache* cache);

    /// <summary>C: chroma_step_cache_get_info</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_step_cache_get_info(chroma_step_cache* cache, chroma_step_cache_info* info);

    /// <summary>C: chroma_transformer_load</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_transformer_load(chroma_engine* engine, byte* path, chroma_load_options* options, chroma_transformer** transformer);

    /// <summary>The same from a checkpoint that is open. The model keeps what it needs of it: `weights` may be freed before the model.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_transformer_load_weights(chroma_engine* engine, chroma_weights* weights, chroma_load_options* options, chroma_transformer** transformer);

    /// <summary>C: chroma_transformer_free</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void chroma_transformer_free(chroma_transformer* transformer);

    /// <summary>C: chroma_transformer_get_info</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_transformer_get_info(chroma_transformer* transformer, chroma_transformer_info* info);

    /// <summary>C: chroma_transformer_get_memory</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_transformer_get_memory(chroma_transformer* transformer, chroma_memory* memory);

    /// <summary>Computes what one forward call of these sizes would need, without computing it. Of `inputs` only the sizes and, if given, context_mask are read.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_transformer_plan(chroma_transformer* transformer, chroma_transformer_inputs* inputs, chroma_memory* memory);

    /// <summary>Gives back the scratch memory of earlier calls; the weights stay.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_transformer_trim(chroma_transformer* transformer);

    /// <summary>Predicts the velocity, [B, 16, height, width]. Tokens that context_mask drops do not exist for the network; taps over text tokens have zeros in their rows. run may be NULL.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_transformer_forward(chroma_transformer* transformer, chroma_transformer_inputs* inputs, chroma_run_options* run, float* velocity);

    /// <summary>Runs one module alone, by its PyTorch name, on the inputs given; its outputs come through run-&gt;tap (which must be set), whatever the patterns; taps of the layers inside it come too where the patterns fit. docs/modules.md lists each module&apos;s inputs and outputs: distilled_guidance_layer: x [N, M, in] -&gt; output [N, M, hidden] double_blocks.N: img [B, L, C], txt [B, T, C], modulation [B, 12, C] (img shift1 scale1 gate1 shift2 scale2 gate2, then txt), ids [T + L, 3] -&gt; img, txt single_blocks.N: x [B, L, C], modulation [B, 3, C] (shift, scale, gate), ids [L, 3] -&gt; output double_blocks.N.img_attn.norm and the like: q [B, H, L, D], k [B, H, L, D] -&gt; q, k final_layer: x [B, L, C], modulation [B, 2, C] (shift, scale) -&gt; output</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_transformer_run_module(chroma_transformer* transformer, byte* module, chroma_tensor* inputs, int input_count, chroma_run_options* run);

    /// <summary>Runs a function that has no weights of a model, the same code that the networks call; outputs come through run-&gt;tap. modulate: x [B, L, C], shift [B, C], scale [B, C] -&gt; output gate: x [B, L, C], y [B, L, C], gate [B, C] -&gt; output = x + gate * y layer_norm: x [..., C] -&gt; output (eps 1e-6, no weights) rms_norm: x [..., C], scale [C] -&gt; output (eps 1e-6) group_norm: x [B, C, H, W], scale [C], bias [C] -&gt; output (32 groups, eps 1e-6) gelu, silu: x [...] -&gt; output timestep_embedding: t [N], dim [1] -&gt; output [N, dim] approximator_input: t [N], rows [1] -&gt; output [N, rows, 64] modulation_index: doubles [1], singles [1] -&gt; one tap per modulation, named as flow names it, its rows as values pack_latent: latent [B, C, H, W] -&gt; tokens [B, H/2 * W/2, C * 4], ids [B, H/2 * W/2, 3] unpack_latent: tokens [B, L, C * 4], height [1], width [1] -&gt; latent [B, C, H, W] rope_table: ids [L, 3], axes [3] -&gt; output [1, 1, L, D/2, 2, 2] rope: x [B, H, L, D], ids [L, 3], axes [3] -&gt; output attention: q, k, v [B, H, L, D] -&gt; output [B, L, H * D], with float32 products attention_half: the same -&gt; output, with half-precision products where the device has them attention_int8: the same -&gt; output, as int8 models attend where the device can relative_position_bucket: length [1] -&gt; output [length, length] (query, key)</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_engine_run_function(chroma_engine* engine, byte* function, chroma_tensor* inputs, int input_count, chroma_run_options* run);

    /// <summary>C: chroma_text_encoder_load</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_text_encoder_load(chroma_engine* engine, byte* path, chroma_load_options* options, chroma_text_encoder** encoder);

    /// <summary>The same from a checkpoint that is open.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_text_encoder_load_weights(chroma_engine* engine, chroma_weights* weights, chroma_load_options* options, chroma_text_encoder** encoder);

    /// <summary>C: chroma_text_encoder_free</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void chroma_text_encoder_free(chroma_text_encoder* encoder);

    /// <summary>C: chroma_text_encoder_get_info</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_text_encoder_get_info(chroma_text_encoder* encoder, chroma_text_encoder_info* info);

    /// <summary>C: chroma_text_encoder_get_memory</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_text_encoder_get_memory(chroma_text_encoder* encoder, chroma_memory* memory);

    /// <summary>C: chroma_text_encoder_plan</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_text_encoder_plan(chroma_text_encoder* encoder, chroma_text_inputs* inputs, chroma_memory* memory);

    /// <summary>C: chroma_text_encoder_trim</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_text_encoder_trim(chroma_text_encoder* encoder);

    /// <summary>Encodes token ids; states: [B, T, hidden_size].</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_text_encoder_forward(chroma_text_encoder* encoder, chroma_text_inputs* inputs, chroma_run_options* run, float* states);

    /// <summary>Generate_t5_padding_mask: which tokens the transformer sees. attention_mask and keep are [B, T]; keep gets the tokens and the first `padding_tokens` (Chroma: 1) padding positions after them.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_text_padding_mask(byte* attention_mask, int batch, int tokens, int padding_tokens, byte* keep);

    /// <summary>C: chroma_autoencoder_load</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_autoencoder_load(chroma_engine* engine, byte* path, chroma_load_options* options, chroma_autoencoder** autoencoder);

    /// <summary>The same from a checkpoint that is open.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_autoencoder_load_weights(chroma_engine* engine, chroma_weights* weights, chroma_load_options* options, chroma_autoencoder** autoencoder);

    /// <summary>C: chroma_autoencoder_free</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void chroma_autoencoder_free(chroma_autoencoder* autoencoder);

    /// <summary>C: chroma_autoencoder_get_info</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_autoencoder_get_info(chroma_autoencoder* autoencoder, chroma_autoencoder_info* info);

    /// <summary>C: chroma_autoencoder_get_memory</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_autoencoder_get_memory(chroma_autoencoder* autoencoder, chroma_memory* memory);

    /// <summary>Plans a decode (decode = 1) or encode (0) of these sizes.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_autoencoder_plan(chroma_autoencoder* autoencoder, chroma_autoencoder_inputs* inputs, int decode, chroma_memory* memory);

    /// <summary>C: chroma_autoencoder_trim</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_autoencoder_trim(chroma_autoencoder* autoencoder);

    /// <summary>Image: [B, 3, 8 * height, 8 * width], about -1..1, not clamped.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_autoencoder_decode(chroma_autoencoder* autoencoder, chroma_autoencoder_inputs* inputs, chroma_run_options* run, float* image);

    /// <summary>Image sides must be multiples of 8. mean and logvar: [B, 16, height / 8, width / 8]; either may be NULL.</summary>
    [LibraryImport(ChromaLibrary.Name)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial chroma_status chroma_autoencoder_encode(chroma_autoencoder* autoencoder, chroma_autoencoder_inputs* inputs, chroma_run_options* run, float* mean, float* logvar);

}
