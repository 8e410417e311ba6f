using System.Runtime.InteropServices;
using Chroma.Interop;
using Chroma.Tensors;
using Microsoft.Extensions.Logging;

namespace Chroma.Models;

/// <summary>
/// The devices that models run on. One engine serves any number of models, from any threads. Models keep what they need of it, so it may
/// be disposed before them; only loading more with it is over then.
/// </summary>
public sealed unsafe class ChromaEngine : IDisposable
{
    private readonly EngineHandle _handle;

    /// <summary>Opens the devices.</summary>
    /// <param name="options">The device, its threads and the log, or null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="ChromaException">There is no such device, or it cannot be started.</exception>
    /// <exception cref="DllNotFoundException">The native library is nowhere to be found; the message lists the paths tried.</exception>
    public ChromaEngine(ChromaEngineOptions? options = null)
    {
        options ??= new ChromaEngineOptions();
        options.Check();
        byte[]? device = options.Device is null ? null : NativeText.ToUtf8(options.Device, nameof(options));
        GCHandle logger = options.LoggerFactory is { } factory ? GCHandle.Alloc(factory.CreateLogger(NativeLog.Category)) : default;
        try
        {
            _handle = Create(options, device, logger);
        }
        catch
        {
            if (logger.IsAllocated)
            {
                logger.Free();
            }

            throw;
        }

        Description = Describe();
    }

    /// <summary>The devices in use, first the one that computes, such as <c>CUDA0 (NVIDIA H100), CPU (AMD EPYC)</c>.</summary>
    public string Description { get; }

    internal EngineHandle Handle => _handle;

    /// <summary>
    /// Runs one function that has no weights, the same code that the networks call: <c>modulate</c>, <c>rope</c>, <c>attention</c> and the
    /// like. <c>chroma.h</c> lists them with their inputs and outputs at <c>chroma_engine_run_function</c>.
    /// </summary>
    /// <param name="function">The function's name.</param>
    /// <param name="inputs">Its inputs by name. Sizes and indices are tensors too, of whole numbers.</param>
    /// <param name="options">Threads and cancellation, or null.</param>
    /// <returns>The outputs by name.</returns>
    /// <exception cref="ArgumentException">The name is empty, or an input has too many axes.</exception>
    /// <exception cref="ChromaException">There is no such function, or the inputs do not fit it.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public IReadOnlyDictionary<string, FloatTensor> RunFunction(
        string function, IReadOnlyDictionary<string, FloatTensor> inputs, RunOptions? options = null)
    {
        options ??= RunOptions.Default;
        byte[] name = NativeText.ToUtf8(function);
        using NativeTensors tensors = new(inputs);
        using ChromaSafeHandle.Lease lease = Use();
        OrderedDictionary<string, FloatTensor> outputs = new(StringComparer.Ordinal);
        using NativeCall call = NativeCall.ForResults(options, (output, tensor) => outputs[output] = tensor);
        chroma_run_options run = call.ToRunOptions(options.Threads);
        fixed (byte* pName = name)
        fixed (chroma_tensor* pTensors = tensors.Span)
        {
            call.Finish(ChromaNative.chroma_engine_run_function((chroma_engine*)lease.Address, pName, pTensors, tensors.Span.Length, &run));
        }

        return outputs;
    }

    /// <summary>Closes the devices, once no model uses them any more.</summary>
    public void Dispose() => _handle.Dispose();

    internal ChromaSafeHandle.Lease Use()
    {
        ObjectDisposedException.ThrowIf(_handle.IsDisposed, this);
        return _handle.Use();
    }

    private static EngineHandle Create(ChromaEngineOptions engineOptions, byte[]? device, GCHandle logger)
    {
        fixed (byte* pDevice = device)
        {
            chroma_engine_options options = new()
            {
                struct_size = (uint)sizeof(chroma_engine_options),
                threads = engineOptions.Threads,
                device = pDevice,
                log = logger.IsAllocated ? NativeLog.Callback : null,
                user_data = logger.IsAllocated ? (void*)GCHandle.ToIntPtr(logger) : null,
                kernels = (chroma_kernels)engineOptions.Kernels,
            };
            chroma_engine* engine;
            ChromaNative.chroma_engine_create(&options, &engine).ThrowIfFailed();
            return new EngineHandle(engine, logger);
        }
    }

    private string Describe()
    {
        using ChromaSafeHandle.Lease lease = Use();
        byte* text;
        ChromaNative.chroma_engine_describe((chroma_engine*)lease.Address, &text).ThrowIfFailed();
        return NativeText.FromUtf8(text);
    }
}
