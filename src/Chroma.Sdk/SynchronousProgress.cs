namespace Chroma;

/// <summary>Passes reports on where they are made. <see cref="Progress{T}"/> posts them elsewhere, where they may arrive late and out of order.</summary>
internal sealed class SynchronousProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
