using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Chroma.Interop;
using Chroma.Tensors;

namespace Chroma.Models;

/// <summary>
/// The callbacks of one native call. No exception may pass through native code, so the first one that user code throws is kept, stops
/// the call, and is thrown again by <see cref="Finish"/>.
/// </summary>
internal sealed unsafe class NativeCall : IDisposable
{
    private readonly CancellationToken _cancellationToken;
    private readonly Action<long, long>? _progress;
    private readonly Action<string, FloatTensor>? _tap;
    private readonly NativeTextArray? _patterns;
    private GCHandle _self;
    private RunProfile? _profile;
    private chroma_profile* _nativeProfile;
    private ExceptionDispatchInfo? _error;

    private NativeCall(
        Action<long, long>? progress, CancellationToken cancellationToken, Action<string, FloatTensor>? tap = null, NativeTextArray? patterns = null)
    {
        _progress = progress;
        _cancellationToken = cancellationToken;
        _tap = tap;
        _patterns = patterns;
        if (Listens)
        {
            _self = GCHandle.Alloc(this);
        }
    }

    /// <summary>The progress function to hand to C; null where nobody listens.</summary>
    public delegate* unmanaged[Cdecl]<long, long, void*, void> Progress => _progress is null ? null : &OnProgress;

    /// <summary>The abort function to hand to C; null where nothing can ask to stop.</summary>
    public delegate* unmanaged[Cdecl]<void*, int> Abort => Listens ? &OnAbort : null;

    /// <summary>What the functions get as user_data.</summary>
    public void* UserData => _self.IsAllocated ? (void*)GCHandle.ToIntPtr(_self) : null;

    private bool Listens => _progress is not null || _tap is not null || _cancellationToken.CanBeCanceled;

    /// <summary>For loading and converting files.</summary>
    public static NativeCall ForFile(IProgress<LoadProgress>? progress, CancellationToken cancellationToken) =>
        new(progress is null ? null : (done, total) => progress.Report(new LoadProgress(done, total)), cancellationToken);

    /// <summary>For running a network, watched by the taps given.</summary>
    public static NativeCall ForRun(RunOptions options, IReadOnlyList<LayerTap> taps)
    {
        options.Check();
        if (taps.Count == 0)
        {
            return new NativeCall(BlockProgressOf(options), options.CancellationToken) { _profile = options.Profile };
        }

        string[] patterns = [.. taps.SelectMany(tap => tap.Patterns).Distinct(StringComparer.Ordinal)];
        return new NativeCall(
            BlockProgressOf(options), options.CancellationToken, (name, tensor) => Show(taps, name, tensor), new NativeTextArray(patterns, "patterns"))
        {
            _profile = options.Profile,
        };
    }

    /// <summary>For running a module or function alone, whose results come as taps.</summary>
    public static NativeCall ForResults(RunOptions options, Action<string, FloatTensor> results)
    {
        options.Check();
        return new NativeCall(BlockProgressOf(options), options.CancellationToken, results) { _profile = options.Profile };
    }

    /// <summary>The options for a run. They point into this object, so it must live until the call has returned.</summary>
    public chroma_run_options ToRunOptions(int threads) => new()
    {
        struct_size = (uint)sizeof(chroma_run_options),
        threads = threads,
        progress = Progress,
        abort = Abort,
        tap = _tap is null ? null : &OnTap,
        tap_patterns = _patterns is null ? null : _patterns.Pointer,
        tap_pattern_count = _patterns?.Count ?? 0,
        user_data = UserData,
        profile = NativeProfile(),
    };

    /// <summary>Throws what went wrong in the call. Call it at once, on the thread that made the call.</summary>
    /// <exception cref="OperationCanceledException">The call was cancelled; carries the caller's token.</exception>
    /// <exception cref="ChromaException">The native library refused or failed.</exception>
    public void Finish(chroma_status status)
    {
        _error?.Throw();
        try
        {
            status.ThrowIfFailed();
            if (_nativeProfile is not null)
            {
                _profile!.Set(*_nativeProfile);
            }
        }
        catch (OperationCanceledException) when (_cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(_cancellationToken);
        }
    }

    public void Dispose()
    {
        _patterns?.Dispose();
        NativeMemory.Free(_nativeProfile);
        _nativeProfile = null;
        if (_self.IsAllocated)
        {
            _self.Free();
        }
    }

    // Where C writes the times until the call has returned.
    private chroma_profile* NativeProfile()
    {
        if (_profile is not null && _nativeProfile is null)
        {
            _nativeProfile = (chroma_profile*)NativeMemory.AllocZeroed((nuint)sizeof(chroma_profile));
            _nativeProfile->struct_size = (uint)sizeof(chroma_profile);
        }

        return _nativeProfile;
    }

    private static Action<long, long>? BlockProgressOf(RunOptions options) => options.Progress is not { } progress
        ? null
        : (done, total) => progress.Report(new BlockProgress((int)done, (int)total));

    // Each listener may write to what it gets, so the second one and those after it get copies.
    private static void Show(IReadOnlyList<LayerTap> taps, string name, FloatTensor tensor)
    {
        bool given = false;
        foreach (LayerTap tap in taps)
        {
            if (Glob.MatchesAny(tap.Patterns, name))
            {
                tap.Listener(name, given ? tensor.Clone() : tensor);
                given = true;
            }
        }
    }

    private static NativeCall From(void* userData) => (NativeCall)GCHandle.FromIntPtr((nint)userData).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnProgress(long done, long total, void* userData)
    {
        NativeCall call = From(userData);
        try
        {
            if (call._error is null)
            {
                call._progress!(done, total);
            }
        }
        catch (Exception exception)
        {
            call._error = ExceptionDispatchInfo.Capture(exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnAbort(void* userData)
    {
        NativeCall call = From(userData);
        return call._error is not null || call._cancellationToken.IsCancellationRequested ? 1 : 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnTap(chroma_tensor* tensor, void* userData)
    {
        NativeCall call = From(userData);
        try
        {
            if (call._error is null)
            {
                call._tap!(NativeText.FromUtf8(tensor->name), NativeTensors.Copy(tensor));
            }
        }
        catch (Exception exception)
        {
            call._error = ExceptionDispatchInfo.Capture(exception);
        }

        return call._error is null ? 0 : 1;
    }
}
