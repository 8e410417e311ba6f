using System.Runtime.InteropServices;
using Chroma.Interop;
using Chroma.Tensors;

namespace Chroma.Models;

/// <summary>The encoder of T5 v1.1: from token ids to the states that the transformer takes as context.</summary>
public sealed unsafe class TextEncoder : ChromaModel
{
    private static readonly ModelLoader<TextEncoder> _loader = new(
        static (engine, path, options, model) => ChromaNative.chroma_text_encoder_load(engine, (byte*)path, options, (chroma_text_encoder**)model),
        static (engine, weights, options, model) => ChromaNative.chroma_text_encoder_load_weights(engine, (chroma_weights*)weights, options, (chroma_text_encoder**)model),
        static (model, engine) => Own(new TextEncoderHandle((chroma_text_encoder*)model, engine), static handle => new TextEncoder(handle)));

    private TextEncoder(TextEncoderHandle handle)
        : base(handle)
    {
        using ChromaSafeHandle.Lease lease = handle.Use();
        chroma_text_encoder_info info = new() { struct_size = (uint)sizeof(chroma_text_encoder_info) };
        ChromaNative.chroma_text_encoder_get_info((chroma_text_encoder*)lease.Address, &info).ThrowIfFailed();
        Info = TextEncoderInfo.From(info);
    }

    /// <summary>The sizes of the network.</summary>
    public TextEncoderInfo Info { get; }

    /// <summary>Loads a text encoder.</summary>
    /// <inheritdoc cref="Transformer.Load(ChromaEngine, string, ModelLoadOptions, IProgress{LoadProgress}, CancellationToken)"/>
    public static TextEncoder Load(
        ChromaEngine engine,
        string path,
        ModelLoadOptions? options = null,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        _loader.Load(engine, path, options, progress, cancellationToken);

    /// <summary>Loads a text encoder from a checkpoint that is open; it may be closed before the model is disposed.</summary>
    /// <inheritdoc cref="Transformer.Load(ChromaEngine, WeightsFile, ModelLoadOptions, IProgress{LoadProgress}, CancellationToken)"/>
    public static TextEncoder Load(
        ChromaEngine engine,
        WeightsFile weights,
        ModelLoadOptions? options = null,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        _loader.Load(engine, weights, options, progress, cancellationToken);

    /// <summary>Loads a text encoder on another thread.</summary>
    /// <inheritdoc cref="Transformer.Load(ChromaEngine, string, ModelLoadOptions, IProgress{LoadProgress}, CancellationToken)"/>
    public static Task<TextEncoder> LoadAsync(
        ChromaEngine engine,
        string path,
        ModelLoadOptions? options = null,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default) => Task.Run(() => Load(engine, path, options, progress, cancellationToken), cancellationToken);

    /// <summary>Encodes token ids.</summary>
    /// <param name="inputIds">[B, T], each at least 0 and below <see cref="TextEncoderInfo.VocabularySize"/>; short prompts filled up with padding.</param>
    /// <param name="attentionMask">[B, T], true for a prompt's tokens (the end token counts), false for padding; null where there is no padding.</param>
    /// <param name="mask">What padding positions see.</param>
    /// <param name="options">Threads, progress, cancellation and taps of this run, or null.</param>
    /// <returns>The states, [B, T, hidden size].</returns>
    /// <exception cref="ArgumentException">A shape or an id does not fit; the message says which.</exception>
    /// <exception cref="ChromaException">
    /// Memory is short, the device failed, a result is infinite or undefined (<see cref="ChromaErrorKind.NotFinite"/>), or the weights' file was
    /// changed while it was in use (<see cref="ChromaErrorKind.Io"/>); the model must be loaded again then.
    /// </exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public FloatTensor Encode(int[,] inputIds, bool[,]? attentionMask = null, TextMask mask = TextMask.Key, RunOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(inputIds);
        int batch = inputIds.GetLength(0), tokens = inputIds.GetLength(1);
        CheckSize(batch, tokens, attentionMask, mask);
        ReadOnlySpan<int> ids = MemoryMarshal.CreateReadOnlySpan(ref inputIds[0, 0], inputIds.Length);
        foreach (int id in ids)
        {
            if (id < 0 || id >= Info.VocabularySize)
            {
                throw new ArgumentException($"Token ids must be 0 to {Info.VocabularySize - 1}, but one is {id}.", nameof(inputIds));
            }
        }

        FloatTensor states = new(batch, tokens, Info.HiddenSize);
        options ??= RunOptions.Default;
        using Turn turn = TakeTurn(options.CancellationToken);
        using NativeCall call = NativeCall.ForRun(options, TapsOf(options));
        chroma_run_options run = call.ToRunOptions(options.Threads);
        fixed (int* pIds = ids)
        fixed (byte* pMask = BatchMask.Bytes(attentionMask))
        fixed (float* pStates = states.Span)
        {
            chroma_text_inputs inputs = Sizes(batch, tokens, mask);
            inputs.input_ids = pIds;
            inputs.attention_mask = pMask;
            call.Finish(ChromaNative.chroma_text_encoder_forward((chroma_text_encoder*)turn.Address, &inputs, &run, pStates));
        }

        return states;
    }

    /// <summary>Works out the memory that encoding would need, without doing it.</summary>
    /// <param name="batch">Prompts at once.</param>
    /// <param name="tokens">Tokens of each, padding included.</param>
    /// <param name="attentionMask">[B, T], true for a prompt's tokens; null where there is no padding.</param>
    /// <param name="mask">What padding positions see.</param>
    /// <exception cref="ArgumentException">A size is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public MemoryUsage Plan(int batch, int tokens, bool[,]? attentionMask = null, TextMask mask = TextMask.Key)
    {
        CheckSize(batch, tokens, attentionMask, mask);
        using Turn turn = TakeTurn(CancellationToken.None);
        chroma_memory memory = new() { struct_size = (uint)sizeof(chroma_memory) };
        fixed (byte* pMask = BatchMask.Bytes(attentionMask))
        {
            chroma_text_inputs inputs = Sizes(batch, tokens, mask);
            inputs.attention_mask = pMask;
            ChromaNative.chroma_text_encoder_plan((chroma_text_encoder*)turn.Address, &inputs, &memory).ThrowIfFailed();
        }

        return MemoryUsage.From(memory);
    }

    private protected override chroma_status GetMemory(nint model, chroma_memory* memory) =>
        ChromaNative.chroma_text_encoder_get_memory((chroma_text_encoder*)model, memory);

    private protected override chroma_status TrimNative(nint model) => ChromaNative.chroma_text_encoder_trim((chroma_text_encoder*)model);

    private static chroma_text_inputs Sizes(int batch, int tokens, TextMask mask) => new()
    {
        struct_size = (uint)sizeof(chroma_text_inputs),
        batch = batch,
        tokens = tokens,
        mask = (chroma_text_mask)mask,
    };

    private static void CheckSize(int batch, int tokens, bool[,]? attentionMask, TextMask mask)
    {
        if (batch < 1 || tokens < 1)
        {
            throw new ArgumentException($"There must be at least one prompt of at least one token, but the ids are [{batch}, {tokens}].", nameof(batch));
        }

        BatchMask.Check(attentionMask, batch, tokens, nameof(attentionMask));
        if (!Enum.IsDefined(mask))
        {
            throw new ArgumentOutOfRangeException(nameof(mask), mask, "This is not a treatment of padding.");
        }
    }
}
