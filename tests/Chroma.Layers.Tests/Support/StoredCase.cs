using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>
/// One file of tests/golden that a test goes through: every tensor in it is an input or is compared, and the case knows which of them
/// neither happened to.
/// </summary>
internal sealed class StoredCase(string name, double tolerance) : IDisposable
{
    private readonly SafetensorsFile _file = Golden.Open(name);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>Whether the file has this tensor.</summary>
    public bool Has(string tensor) => _file.Contains(tensor);

    /// <summary>Reads a tensor that goes into what is tested, or says what it is.</summary>
    public FloatTensor Input(string tensor)
    {
        _used.Add(tensor);
        return _file.ReadFloats(tensor);
    }

    /// <summary>Asserts that a result agrees with the stored one within the case's tolerance, or a tighter one.</summary>
    public void Compare(string tensor, FloatTensor actual, double? tighter = null) =>
        Agree.RelativeOfMax(actual, Input(tensor), Math.Min(tighter ?? tolerance, tolerance), $"{name}: {tensor}");

    /// <summary>The same of some tokens of [B, L, C], where the others mean nothing.</summary>
    public void CompareRows(string tensor, FloatTensor actual, int[] rows) =>
        Agree.RelativeOfMax(actual.Take(1, rows), Input(tensor).Take(1, rows), tolerance, $"{name}: {tensor}");

    /// <summary>Asserts that a result is the stored one bit for bit.</summary>
    public void CompareExactly(string tensor, FloatTensor actual) => Agree.WithinAbsolute(actual, Input(tensor), 0, $"{name}: {tensor}");

    /// <summary>Asserts that nothing in the file was passed over.</summary>
    /// <param name="exceptions">What cannot be compared; the test says why.</param>
    public void AssertEveryTensorWasUsed(params string[] exceptions) =>
        Assert.Equal(exceptions.Order(StringComparer.Ordinal), _file.Tensors.Select(tensor => tensor.Name).Where(tensor => !_used.Contains(tensor)).Order(StringComparer.Ordinal));

    public void Dispose() => _file.Dispose();
}
