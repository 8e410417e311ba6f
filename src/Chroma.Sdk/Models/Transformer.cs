using Chroma.Interop;
using Chroma.Tensors;

namespace Chroma.Models;

/// <summary>
/// ChromaTransformer: from a noisy latent, its noise level and the text encoder's states to the velocity that leads to the picture.
/// </summary>
/// <example>
/// <code>
/// using ChromaEngine engine = new();
/// using Transformer transformer = await Transformer.LoadAsync(engine, "Chroma1-HD-Q8_0.gguf");
/// FloatTensor velocity = transformer.Forward(latent, [0.75f], context, PaddingMask.Generate(attentionMask));
/// </code>
/// </example>
public sealed unsafe class Transformer : ChromaModel
{
    private static readonly ModelLoader<Transformer> _loader = new(
        static (engine, path, options, model) => ChromaNative.chroma_transformer_load(engine, (byte*)path, options, (chroma_transformer**)model),
        static (engine, weights, options, model) => ChromaNative.chroma_transformer_load_weights(engine, (chroma_weights*)weights, options, (chroma_transformer**)model),
        static (model, engine) => Own(new TransformerHandle((chroma_transformer*)model, engine), static handle => new Transformer(handle)));

    private Transformer(TransformerHandle handle)
        : base(handle)
    {
        using ChromaSafeHandle.Lease lease = handle.Use();
        chroma_transformer_info info = new() { struct_size = (uint)sizeof(chroma_transformer_info) };
        ChromaNative.chroma_transformer_get_info((chroma_transformer*)lease.Address, &info).ThrowIfFailed();
        Info = TransformerInfo.From(info);
    }

    /// <summary>The sizes of the network.</summary>
    public TransformerInfo Info { get; }

    /// <summary>Loads a transformer.</summary>
    /// <param name="engine">What it will run on.</param>
    /// <param name="path">A GGUF or safetensors file, a <c>*.index.json</c> of shards, or the folder of a diffusers model.</param>
    /// <param name="options">Types and RoPE axes, or null for what the file says.</param>
    /// <param name="progress">Told about the bytes loaded, on the loading thread.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <exception cref="ArgumentException">The path is empty, or an option is out of range.</exception>
    /// <exception cref="ChromaException">The file cannot be read, is damaged, lacks something, or is of another model.</exception>
    /// <exception cref="OperationCanceledException">Loading was cancelled.</exception>
    public static Transformer Load(
        ChromaEngine engine,
        string path,
        ModelLoadOptions? options = null,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        _loader.Load(engine, path, options, progress, cancellationToken);

    /// <summary>Loads a transformer from a checkpoint that is open; it may be closed before the model is disposed.</summary>
    /// <param name="engine">What it will run on.</param>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="options">Types and RoPE axes, or null for what the checkpoint says.</param>
    /// <param name="progress">Told about the bytes loaded, on the loading thread.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="ChromaException">The checkpoint lacks something, or is of another model.</exception>
    /// <exception cref="ObjectDisposedException">The checkpoint is closed.</exception>
    /// <exception cref="OperationCanceledException">Loading was cancelled.</exception>
    public static Transformer Load(
        ChromaEngine engine,
        WeightsFile weights,
        ModelLoadOptions? options = null,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        _loader.Load(engine, weights, options, progress, cancellationToken);

    /// <summary>Loads a transformer on another thread.</summary>
    /// <inheritdoc cref="Load(ChromaEngine, string, ModelLoadOptions, IProgress{LoadProgress}, CancellationToken)"/>
    public static Task<Transformer> LoadAsync(
        ChromaEngine engine,
        string path,
        ModelLoadOptions? options = null,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default) => Task.Run(() => Load(engine, path, options, progress, cancellationToken), cancellationToken);

    /// <summary>Predicts the velocity.</summary>
    /// <param name="latent">The noisy latents, [B, 16, H, W]; H and W even.</param>
    /// <param name="timestep">The noise level sigma of each, in 0..1.</param>
    /// <param name="context">The text encoder's states, [B, T, context size].</param>
    /// <param name="contextMask">
    /// [B, T], true for the tokens that exist for the network, at least one of each sample; null for all. Chroma is made for the prompt's tokens
    /// and one padding token: see <see cref="PaddingMask"/>.
    /// </param>
    /// <param name="options">Threads, progress, cancellation and taps of this run, or null.</param>
    /// <returns>The velocity, of the latent's shape.</returns>
    /// <exception cref="ArgumentException">A shape or value does not fit; the message says which.</exception>
    /// <exception cref="ChromaException">
    /// Memory is short, the device failed, a result is infinite or undefined (<see cref="ChromaErrorKind.NotFinite"/>), or the weights' file was
    /// changed while it was in use (<see cref="ChromaErrorKind.Io"/>); the model must be loaded again then.
    /// </exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public FloatTensor Forward(
        FloatTensor latent, ReadOnlySpan<float> timestep, FloatTensor context, bool[,]? contextMask = null, RunOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(latent);
        if (latent.Rank != 4 || latent.Shape[1] != Info.LatentChannels)
        {
            throw new ArgumentException($"The latent must be [B, {Info.LatentChannels}, H, W], but is {latent}.", nameof(latent));
        }

        FloatTensor velocity = new(latent.Shape);
        LatentSize size = new(latent.Shape[0], latent.Shape[2], latent.Shape[3]);
        Forward(latent.Span, size, timestep, context, contextMask, velocity.Span, options);
        return velocity;
    }

    /// <summary>Predicts the velocity from and into memory of the caller's.</summary>
    /// <param name="latent">The noisy latents, [B, 16, H, W] row-major.</param>
    /// <param name="size">Their number and size.</param>
    /// <param name="timestep">The noise level sigma of each, in 0..1.</param>
    /// <param name="context">The text encoder's states, [B, T, context size].</param>
    /// <param name="contextMask">[B, T], true for the tokens that exist for the network, at least one of each sample; null for all.</param>
    /// <param name="velocity">Gets the velocity, as many elements as the latent has.</param>
    /// <param name="options">Threads, progress, cancellation and taps of this run, or null.</param>
    /// <inheritdoc cref="Forward(FloatTensor, ReadOnlySpan{float}, FloatTensor, bool[,], RunOptions)" path="/exception"/>
    public void Forward(
        ReadOnlySpan<float> latent,
        LatentSize size,
        ReadOnlySpan<float> timestep,
        FloatTensor context,
        bool[,]? contextMask,
        Span<float> velocity,
        RunOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        CheckSize(size);
        CheckLength(latent.Length, size, nameof(latent));
        CheckLength(velocity.Length, size, nameof(velocity));
        if (context.Rank != 3 || context.Shape[0] != size.Batch || context.Shape[1] < 1 || context.Shape[2] != Info.ContextSize)
        {
            throw new ArgumentException($"The context must be [{size.Batch}, T, {Info.ContextSize}], but is {context}.", nameof(context));
        }

        BatchMask.Check(contextMask, size.Batch, context.Shape[1], nameof(contextMask));
        Span<float> sigmas = size.Batch <= 64 ? stackalloc float[size.Batch] : new float[size.Batch];
        CopySigmas(timestep, sigmas);
        options ??= RunOptions.Default;
        using Turn turn = TakeTurn(options.CancellationToken);
        using ChromaSafeHandle.Lease cache = options.StepCache is { } stepCache ? stepCache.Use() : default;
        using NativeCall call = NativeCall.ForRun(options, TapsOf(options));
        chroma_run_options run = call.ToRunOptions(options.Threads);
        fixed (float* pLatent = latent, pSigmas = sigmas, pContext = context.Span, pVelocity = velocity)
        fixed (byte* pMask = BatchMask.Bytes(contextMask))
        {
            chroma_transformer_inputs inputs = Sizes(size, context.Shape[1]);
            inputs.latent = pLatent;
            inputs.timestep = pSigmas;
            inputs.context = pContext;
            inputs.context_mask = pMask;
            inputs.cache = (chroma_step_cache*)cache.Address;
            call.Finish(ChromaNative.chroma_transformer_forward((chroma_transformer*)turn.Address, &inputs, &run, pVelocity));
        }
    }

    /// <summary>Works out the memory that a run of these sizes would need, without running it.</summary>
    /// <param name="size">The number and size of the latents.</param>
    /// <param name="textTokens">Text tokens of each sample, T.</param>
    /// <param name="contextMask">[B, T], true for the tokens that exist for the network; null for all.</param>
    /// <exception cref="ArgumentException">A size is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public MemoryUsage Plan(LatentSize size, int textTokens, bool[,]? contextMask = null)
    {
        CheckSize(size);
        ArgumentOutOfRangeException.ThrowIfLessThan(textTokens, 1);
        BatchMask.Check(contextMask, size.Batch, textTokens, nameof(contextMask));
        using Turn turn = TakeTurn(CancellationToken.None);
        chroma_memory memory = new() { struct_size = (uint)sizeof(chroma_memory) };
        fixed (byte* pMask = BatchMask.Bytes(contextMask))
        {
            chroma_transformer_inputs inputs = Sizes(size, textTokens);
            inputs.context_mask = pMask;
            ChromaNative.chroma_transformer_plan((chroma_transformer*)turn.Address, &inputs, &memory).ThrowIfFailed();
        }

        return MemoryUsage.From(memory);
    }

    /// <summary>
    /// Runs one module alone, by its PyTorch name: <c>distilled_guidance_layer</c>, <c>double_blocks.N</c>, <c>double_blocks.N.img_attn.norm</c>,
    /// <c>single_blocks.N</c>, <c>final_layer</c>. <c>chroma.h</c> lists inputs and outputs at <c>chroma_transformer_run_module</c>.
    /// </summary>
    /// <param name="module">The module's name.</param>
    /// <param name="inputs">Its inputs by name.</param>
    /// <param name="options">Threads and cancellation, or null. Taps are not asked.</param>
    /// <returns>The outputs by name.</returns>
    /// <exception cref="ArgumentException">The name is empty, or an input has too many axes.</exception>
    /// <exception cref="ChromaException">There is no such module, or the inputs do not fit it.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public IReadOnlyDictionary<string, FloatTensor> RunModule(
        string module, IReadOnlyDictionary<string, FloatTensor> inputs, RunOptions? options = null)
    {
        options ??= RunOptions.Default;
        byte[] name = NativeText.ToUtf8(module);
        using NativeTensors tensors = new(inputs);
        OrderedDictionary<string, FloatTensor> outputs = new(StringComparer.Ordinal);
        using Turn turn = TakeTurn(options.CancellationToken);
        using NativeCall call = NativeCall.ForResults(options, (output, tensor) => outputs[output] = tensor);
        chroma_run_options run = call.ToRunOptions(options.Threads);
        fixed (byte* pName = name)
        fixed (chroma_tensor* pTensors = tensors.Span)
        {
            call.Finish(ChromaNative.chroma_transformer_run_module(
                (chroma_transformer*)turn.Address, pName, pTensors, tensors.Span.Length, &run));
        }

        return outputs;
    }

    private protected override chroma_status GetMemory(nint model, chroma_memory* memory) =>
        ChromaNative.chroma_transformer_get_memory((chroma_transformer*)model, memory);

    private protected override chroma_status TrimNative(nint model) => ChromaNative.chroma_transformer_trim((chroma_transformer*)model);

    private static chroma_transformer_inputs Sizes(LatentSize size, int textTokens) => new()
    {
        struct_size = (uint)sizeof(chroma_transformer_inputs),
        batch = size.Batch,
        height = size.Height,
        width = size.Width,
        text_tokens = textTokens,
    };

    // Schedules computed in float32 may pass 1 by a rounding error, which is 1.
    private static void CopySigmas(ReadOnlySpan<float> timestep, Span<float> sigmas)
    {
        const float rounding = 1e-5f;
        if (timestep.Length != sigmas.Length)
        {
            throw new ArgumentException($"There must be {sigmas.Length} timesteps, one for each latent, but there are {timestep.Length}.", nameof(timestep));
        }

        for (int i = 0; i < sigmas.Length; i++)
        {
            if (!(timestep[i] >= 0 && timestep[i] <= 1 + rounding))
            {
                throw new ArgumentException($"A timestep is a noise level in 0..1, but number {i} is {timestep[i]}.", nameof(timestep));
            }

            sigmas[i] = MathF.Min(timestep[i], 1);
        }
    }

    private void CheckSize(LatentSize size)
    {
        int patch = Info.PatchSize;
        if (size.Batch < 1 || size.Height < patch || size.Width < patch || size.Height % patch != 0 || size.Width % patch != 0)
        {
            throw new ArgumentException($"Latents must be at least one, with sides that are multiples of {patch}, but the size is {size}.", nameof(size));
        }
    }

    private void CheckLength(int length, LatentSize size, string name)
    {
        Int128 expected = (Int128)size.Batch * Info.LatentChannels * size.Height * size.Width;
        if (length != expected)
        {
            throw new ArgumentException($"There must be {expected} elements, [{size.Batch}, {Info.LatentChannels}, {size.Height}, {size.Width}], but there are {length}.", name);
        }
    }
}
