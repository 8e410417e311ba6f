namespace Chroma.Testing;

/// <summary>Progress that is told at once, on the thread that reports it; <see cref="Progress{T}"/> tells later, on another.</summary>
/// <param name="report">Told each time.</param>
public sealed class ImmediateProgress<T>(Action<T> report) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => report(value);
}
