namespace Chroma;

/// <summary>
/// Lets one call at a time through, in the order in which they come, and refuses a call that the holder itself waits for: it could never be served.
/// </summary>
/// <remarks>
/// A call from the holder's own thread is refused at once. One from another thread to which the holder's execution context has flowed
/// (<c>Task.Run</c>, <see cref="Progress{T}"/>) is a deadlock only while the holder blocks until it ends; otherwise it has its turn like any other. So it waits, and
/// is refused if the holder's thread has done nothing but wait for a while.
/// </remarks>
/// <param name="refusal">What a refused caller is told.</param>
#pragma warning disable CA1001 // the semaphore is never disposed: others may be waiting, and it holds nothing but memory
internal sealed class CallGate(string refusal)
#pragma warning restore CA1001
{
    private const int Patience = 20;
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly AsyncLocal<Holder?> _outer = new();
    private Holder? _holder;

    /// <summary>Whether the caller is inside the call that holds the gate: on its thread, or in something that was started there.</summary>
    public bool IsInside => IsOnHoldersThread || Outer is not null;

    private bool IsOnHoldersThread => Volatile.Read(ref _holder) is { } holder && holder.Thread == Thread.CurrentThread;

    private Holder? Outer => _outer.Value is { IsActive: true } outer ? outer : null;

    /// <summary>Refuses a call from the holder's own thread.</summary>
    /// <exception cref="InvalidOperationException">It is one.</exception>
    public void ThrowIfOnHoldersThread()
    {
        if (IsOnHoldersThread)
        {
            throw new InvalidOperationException(refusal);
        }
    }

    /// <summary>Waits until the gate is free and takes it; <see cref="Release"/> gives it back.</summary>
    /// <exception cref="InvalidOperationException">The holder waits for this call.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        ThrowIfOnHoldersThread();
        if (Outer is not { } outer)
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        for (int blocked = 0; !await _turn.WaitAsync(_interval, cancellationToken).ConfigureAwait(false);)
        {
            blocked = CountBlocked(outer, blocked);
        }
    }

    /// <inheritdoc cref="WaitAsync"/>
    public void Wait(CancellationToken cancellationToken)
    {
        ThrowIfOnHoldersThread();
        if (Outer is not { } outer)
        {
            _turn.Wait(cancellationToken);
            return;
        }

        for (int blocked = 0; !_turn.Wait(_interval, cancellationToken);)
        {
            blocked = CountBlocked(outer, blocked);
        }
    }

    /// <summary>Gives the gate to the next call.</summary>
    public void Release() => _turn.Release();

    /// <summary>Makes the current thread the holder, once the gate has been taken, until the result is disposed on the same thread.</summary>
    public Hold Enter()
    {
        Holder? before = _outer.Value;
        Holder holder = new(Thread.CurrentThread);
        _outer.Value = holder;
        Volatile.Write(ref _holder, holder);
        return new Hold(this, holder, before);
    }

    private int CountBlocked(Holder outer, int blocked)
    {
        blocked = outer.IsBlocked ? blocked + 1 : 0;
        return blocked < Patience ? blocked : throw new InvalidOperationException(refusal);
    }

    /// <summary>The time for which a thread holds the gate.</summary>
    internal readonly struct Hold(CallGate gate, Holder holder, Holder? before) : IDisposable
    {
        public void Dispose()
        {
            holder.End();
            Volatile.Write(ref gate._holder, null);
            gate._outer.Value = before;
        }
    }

    /// <summary>One call that has, or had, the gate.</summary>
    internal sealed class Holder(Thread thread)
    {
        private volatile bool _ended;

        public Thread Thread => thread;

        public bool IsActive => !_ended;

        public bool IsBlocked => IsActive && (thread.ThreadState & ThreadState.WaitSleepJoin) != 0;

        public void End() => _ended = true;
    }
}
