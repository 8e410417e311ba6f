using System.Text;
using Chroma.Models;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

/// <summary>The C functions themselves, called as no C# class would call them: each must refuse, and none may end the process.</summary>
public sealed unsafe class NativeArgumentTests : IDisposable
{
    private readonly chroma_engine* _engine;
    private readonly chroma_transformer* _transformer;

    public NativeArgumentTests()
    {
        chroma_engine* engine;
        ChromaNative.chroma_engine_create(null, &engine).ThrowIfFailed();
        _engine = engine;
        chroma_transformer* transformer;
        chroma_load_options options = new() { struct_size = (uint)sizeof(chroma_load_options) };
        (options.rope_axes[0], options.rope_axes[1], options.rope_axes[2]) = (8, 12, 12);
        fixed (byte* path = Utf8(TinyModels.TransformerPath))
        {
            ChromaNative.chroma_transformer_load(engine, path, &options, &transformer).ThrowIfFailed();
        }

        _transformer = transformer;
    }

    public void Dispose()
    {
        ChromaNative.chroma_engine_free(_engine); // before its model, which keeps what it needs
        ChromaNative.chroma_transformer_free(_transformer);
    }

    [Fact]
    public void Freeing_nothing_does_nothing()
    {
        ChromaNative.chroma_engine_free(null);
        ChromaNative.chroma_weights_free(null);
        ChromaNative.chroma_transformer_free(null);
        ChromaNative.chroma_text_encoder_free(null);
        ChromaNative.chroma_autoencoder_free(null);
        ChromaNative.chroma_step_cache_free(null);
    }

    [Fact]
    public void Null_is_refused_wherever_something_is_needed()
    {
        chroma_transformer_inputs inputs = Inputs();
        chroma_memory memory = new() { struct_size = (uint)sizeof(chroma_memory) };
        chroma_transformer* transformer = (chroma_transformer*)1;
        chroma_type type;
        fixed (byte* path = "x"u8)
        {
            Refused(ChromaNative.chroma_engine_create(null, null), "engine");
            Refused(ChromaNative.chroma_engine_describe(_engine, null), "text");
            Refused(ChromaNative.chroma_type_parse(null, &type), "name");
            Refused(ChromaNative.chroma_type_parse(path, null), "");
            Refused(ChromaNative.chroma_weights_open(null, null), "");
            Refused(ChromaNative.chroma_weights_create_random(null, 1, 0, null), "weights");
            Refused(ChromaNative.chroma_measure_peak(chroma_type.CHROMA_TYPE_F32, 1, null), "gflops");
            Refused(ChromaNative.chroma_step_cache_create(null, null), "cache");
            Refused(ChromaNative.chroma_step_cache_get_info(null, null), "cache");
            Refused(ChromaNative.chroma_weights_get_info(null, null), "weights");
            Refused(ChromaNative.chroma_transformer_load(null, path, null, &transformer), "engine");
            Assert.True(transformer is null); // as the header promises
            Refused(ChromaNative.chroma_transformer_load(_engine, null, null, &transformer), "path");
            Refused(ChromaNative.chroma_transformer_load(_engine, path, null, null), "transformer");
            Refused(ChromaNative.chroma_transformer_get_info(_transformer, null), "info");
            Refused(ChromaNative.chroma_transformer_get_memory(null, &memory), "transformer");
            Refused(ChromaNative.chroma_transformer_get_memory(_transformer, null), "memory");
            Refused(ChromaNative.chroma_transformer_plan(_transformer, null, &memory), "inputs");
            Refused(ChromaNative.chroma_transformer_trim(null), "transformer");
            Refused(ChromaNative.chroma_transformer_forward(_transformer, null, null, null), "inputs");
            Refused(ChromaNative.chroma_transformer_forward(_transformer, &inputs, null, null), "latent");
            Refused(ChromaNative.chroma_transformer_run_module(_transformer, null, null, 0, null), "module");
            Refused(ChromaNative.chroma_transformer_run_module(_transformer, path, null, 1, null), "");
            Refused(ChromaNative.chroma_engine_run_function(_engine, path, null, -1, null), "");
            Refused(ChromaNative.chroma_text_padding_mask(null, 1, 1, 1, null), "");
            Refused(ChromaNative.chroma_weights_quantize(path, path, null), "options");
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(4096u)]
    [InlineData(uint.MaxValue)]
    public void Struct_sizes_that_are_none_are_refused(uint size)
    {
        chroma_engine_options engineOptions = new() { struct_size = size };
        chroma_transformer_inputs inputs = Inputs();
        chroma_run_options run = new() { struct_size = size };
        chroma_memory memory = new() { struct_size = size };
        chroma_engine* engine;

        Refused(ChromaNative.chroma_engine_create(&engineOptions, &engine), "struct_size");
        Refused(Forward(inputs, &run), "struct_size");
        inputs.struct_size = size;
        Refused(Forward(inputs, null), "struct_size");
        Refused(ChromaNative.chroma_transformer_get_memory(_transformer, &memory), "struct_size");
    }

    [Fact]
    public void Sizes_of_structs_are_taken_where_a_field_ends_and_nowhere_else()
    {
        chroma_layout_entry* entries;
        int count;
        ChromaNative.chroma_layout(&entries, &count).ThrowIfFailed();
        Dictionary<string, (long Offset, long Size)> table = new(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            table[System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)entries[i].name)!] = (entries[i].value, entries[i].size);
        }

        Dictionary<string, Func<uint, chroma_status>> readers = new(StringComparer.Ordinal)
        {
            ["chroma_run_options"] = size => WithRun(size),
            ["chroma_engine_options"] = size => WithEngineOptions(size),
            ["chroma_memory"] = size => WithMemory(size),
            ["chroma_transformer_info"] = size => WithInfo(size),
        };
        foreach ((string name, Func<uint, chroma_status> read) in readers)
        {
            (long Offset, long Size)[] fields = [.. table.Where(entry => entry.Key.StartsWith(name + ".", StringComparison.Ordinal)).Select(entry => entry.Value)];
            for (uint size = 0; size <= table[name].Size + 8; size++)
            {
                bool whole = size >= sizeof(uint) && size <= table[name].Size;
                bool cuts = fields.Any(field => field.Offset < size && size < field.Offset + field.Size);
                bool ends = fields.Any(field => field.Offset + field.Size == size) || size % 8 == 0 || size == table[name].Size;
                Assert.True(
                    (whole && !cuts && ends) == (read(size) == chroma_status.CHROMA_OK), $"{name} of {size} bytes: {new ChromaException(default, LastError())}");
            }
        }
    }

    [Fact]
    public void A_struct_of_an_older_and_smaller_header_is_filled_with_defaults()
    {
        chroma_run_options run = new() { struct_size = 8, tap_pattern_count = 99 };

        Assert.Equal(chroma_status.CHROMA_OK, Forward(Inputs(), &run));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(ChromaEngineOptions.MaxThreads + 1)]
    [InlineData(int.MaxValue)]
    public void Thread_counts_that_are_none_are_refused(int threads)
    {
        chroma_engine_options options = new() { struct_size = (uint)sizeof(chroma_engine_options), threads = threads };
        chroma_run_options run = new() { struct_size = (uint)sizeof(chroma_run_options), threads = threads };
        chroma_engine* engine;

        Refused(ChromaNative.chroma_engine_create(&options, &engine), "threads");
        Refused(Forward(Inputs(), &run), "threads");
    }

    [Theory]
    [InlineData(0, 4, 4, 3)]
    [InlineData(-1, 4, 4, 3)]
    [InlineData(1, 3, 4, 3)]
    [InlineData(1, 4, 0, 3)]
    [InlineData(1, 4, -2, 3)]
    [InlineData(1, 4, 4, 0)]
    [InlineData(1, 4, 4, int.MinValue)]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue)]
    [InlineData(1, 65536, 65536, 1)]
    public void Sizes_that_are_none_are_refused(int batch, int height, int width, int tokens)
    {
        chroma_transformer_inputs inputs = Inputs();
        (inputs.batch, inputs.height, inputs.width, inputs.text_tokens) = (batch, height, width, tokens);
        chroma_memory memory = new() { struct_size = (uint)sizeof(chroma_memory) };

        Refused(ChromaNative.chroma_transformer_plan(_transformer, &inputs, &memory), "");
        Refused(Forward(inputs, null), "");
    }

    [Fact]
    public void Taps_that_are_none_are_refused()
    {
        byte* nothing = null;
        chroma_run_options run = new() { struct_size = (uint)sizeof(chroma_run_options), tap_pattern_count = 1 };
        Refused(Forward(Inputs(), &run), "tap_pattern");
        run.tap_patterns = &nothing;
        Refused(Forward(Inputs(), &run), "tap_patterns");
        run.tap_pattern_count = -1;
        Refused(Forward(Inputs(), &run), "tap_pattern_count");
    }

    [Fact]
    public void Enum_values_that_are_none_are_refused()
    {
        chroma_transformer* transformer;
        chroma_load_options options = new() { struct_size = (uint)sizeof(chroma_load_options), type = (chroma_type)77 };
        fixed (byte* path = Utf8(TinyModels.TransformerPath))
        {
            Refused(ChromaNative.chroma_transformer_load(_engine, path, &options, &transformer), "77");
        }

        Assert.Equal("unknown", System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)ChromaNative.chroma_type_name((chroma_type)(-1))));
    }

    [Theory]
    [InlineData(0)] // stored
    [InlineData(4)] // float8
    [InlineData(5)]
    [InlineData(6)] // float64
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(21)] // other
    [InlineData(23)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void Types_that_nothing_can_be_converted_to_are_refused(int type)
    {
        using TemporaryFolder folder = new();
        chroma_quantize_options options = new() { struct_size = (uint)sizeof(chroma_quantize_options), type = (chroma_type)type };
        foreach (string name in (string[])["out.gguf", "out.safetensors"])
        {
            fixed (byte* input = Utf8(TinyModels.TransformerPath), output = Utf8(folder.File(name)))
            {
                Refused(ChromaNative.chroma_weights_quantize(input, output, &options), "type");
            }

            Assert.False(File.Exists(folder.File(name)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void Random_tensors_of_types_that_can_not_be_made_are_refused(int type)
    {
        fixed (byte* name = Utf8("a"))
        {
            chroma_random_tensor tensor = new() { name = name, type = (chroma_type)type, rank = 2, deviation = 1 };
            (tensor.shape[0], tensor.shape[1]) = (256, 256);
            chroma_weights* weights;
            Refused(ChromaNative.chroma_weights_create_random(&tensor, 1, 1, &weights), "'a'");
            Assert.True(weights is null);
        }
    }

    // Two constants for each sample, and one for the tap.
    [Theory]
    [InlineData(chroma_text_mask.CHROMA_TEXT_MASK_KEY)]
    [InlineData(chroma_text_mask.CHROMA_TEXT_MASK_TRAINING)]
    public void The_largest_batch_of_prompts_of_which_no_two_have_the_same_mask_is_encoded(chroma_text_mask mask)
    {
        const int Batch = 256, Tokens = 12;
        byte[] isToken = [.. Enumerable.Range(0, Batch * Tokens).Select(i => (byte)((i % Tokens == Tokens - 1 ? 1 : (i / Tokens * 2) >> (i % Tokens)) & 1))];
        int[] ids = Enumerable.Repeat(5, isToken.Length).ToArray();
        float[] states = new float[isToken.Length * 40];
        chroma_text_encoder* encoder;
        fixed (byte* path = Utf8(TinyModels.TextEncoderPath), pattern = Utf8("*"), pMask = isToken)
        fixed (int* pIds = ids)
        fixed (float* pStates = states)
        {
            ChromaNative.chroma_text_encoder_load(_engine, path, null, &encoder).ThrowIfFailed();
            byte* patterns = pattern;
            chroma_text_inputs inputs = new()
            {
                struct_size = (uint)sizeof(chroma_text_inputs), batch = Batch, tokens = Tokens, mask = mask, input_ids = pIds, attention_mask = pMask,
            };
            chroma_run_options run = new() { struct_size = (uint)sizeof(chroma_run_options), tap = &Ignore, tap_patterns = &patterns, tap_pattern_count = 1 };

            chroma_status status = ChromaNative.chroma_text_encoder_forward(encoder, &inputs, &run, pStates);

            ChromaNative.chroma_text_encoder_free(encoder);
            Assert.Equal(chroma_status.CHROMA_OK, status);
        }
    }

    [System.Runtime.InteropServices.UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static int Ignore(chroma_tensor* tensor, void* userData) => 0;

    private static string LastError() => System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)ChromaNative.chroma_last_error())!;

    private chroma_status WithRun(uint size)
    {
        chroma_run_options run = new() { struct_size = size };
        return Forward(Inputs(), &run);
    }

    private static chroma_status WithEngineOptions(uint size)
    {
        chroma_engine_options options = new() { struct_size = size };
        chroma_engine* engine;
        chroma_status status = ChromaNative.chroma_engine_create(&options, &engine);
        ChromaNative.chroma_engine_free(engine);
        return status;
    }

    private chroma_status WithMemory(uint size)
    {
        chroma_memory memory = new() { struct_size = size };
        return ChromaNative.chroma_transformer_get_memory(_transformer, &memory);
    }

    private chroma_status WithInfo(uint size)
    {
        chroma_transformer_info info = new() { struct_size = size };
        return ChromaNative.chroma_transformer_get_info(_transformer, &info);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text + '\0');

    private static chroma_transformer_inputs Inputs() => new()
    {
        struct_size = (uint)sizeof(chroma_transformer_inputs),
        batch = 1,
        height = 4,
        width = 4,
        text_tokens = 3,
    };

    // Refused is a status, and a sentence that names the argument; nothing else has happened.
    private static void Refused(chroma_status status, string argument)
    {
        ChromaException error = Assert.Throws<ChromaException>(() => status.ThrowIfFailed());
        Assert.Equal(ChromaErrorKind.InvalidArgument, error.Kind);
        Assert.Contains(argument, error.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
    }

    private chroma_status Forward(chroma_transformer_inputs inputs, chroma_run_options* run)
    {
        float[] latent = new float[256], context = new float[120], velocity = new float[256];
        float timestep = 0.5f;
        fixed (float* pLatent = latent, pContext = context, pVelocity = velocity)
        {
            inputs.latent = pLatent;
            inputs.timestep = &timestep;
            inputs.context = pContext;
            return ChromaNative.chroma_transformer_forward(_transformer, &inputs, run, pVelocity);
        }
    }
}
