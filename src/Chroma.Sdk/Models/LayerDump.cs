using Chroma.Tensors;

namespace Chroma.Models;

/// <summary>
/// Compares dumps of layers: safetensors files whose keys are the names of PyTorch modules, as <see cref="TapSession.Save"/>, <c>chroma layers</c>
/// and a dictionary of PyTorch's forward hooks give them.
/// </summary>
public static class LayerDump
{
    /// <summary>The tolerances at which float32 implementations of one network agree, and wrong ones do not.</summary>
    public const double DefaultTolerance = 1e-4;

    /// <summary>
    /// Compares two dumps layer by layer, in the order of the first file, which is the order of computation where this library wrote it; so the
    /// first difference is where two networks part. What only the second file has comes last. Layers are read one at a time, as the result is
    /// enumerated.
    /// </summary>
    /// <param name="actual">The dump to check.</param>
    /// <param name="expected">The dump that is right.</param>
    /// <param name="relative">The tolerance that grows with the expected value.</param>
    /// <param name="absolute">The tolerance that does not.</param>
    /// <exception cref="SafetensorsException">A file cannot be read.</exception>
    public static IEnumerable<LayerDifference> Compare(
        SafetensorsFile actual, SafetensorsFile expected, double relative = DefaultTolerance, double absolute = DefaultTolerance)
    {
        ArgumentNullException.ThrowIfNull(actual);
        ArgumentNullException.ThrowIfNull(expected);
        return Enumerate(actual, expected, relative, absolute);
    }

    private static IEnumerable<LayerDifference> Enumerate(SafetensorsFile actual, SafetensorsFile expected, double relative, double absolute)
    {
        foreach (SafetensorsTensor tensor in actual.Tensors)
        {
            yield return expected.Contains(tensor.Name)
                ? Compare(tensor.Name, actual.ReadFloats(tensor.Name), expected.ReadFloats(tensor.Name), relative, absolute)
                : new LayerDifference(tensor.Name, LayerAgreement.OnlyActual, tensor.ShapeText, "", null);
        }

        foreach (SafetensorsTensor tensor in expected.Tensors.Where(tensor => !actual.Contains(tensor.Name)))
        {
            yield return new LayerDifference(tensor.Name, LayerAgreement.OnlyExpected, "", tensor.ShapeText, null);
        }
    }

    private static LayerDifference Compare(string name, FloatTensor actual, FloatTensor expected, double relative, double absolute)
    {
        if (!actual.Shape.SequenceEqual(expected.Shape))
        {
            return new LayerDifference(name, LayerAgreement.ShapeDiffers, actual.ToString(), expected.ToString(), null);
        }

        bool agrees = TensorDifference.AllClose(actual.Span, expected.Span, relative, absolute);
        return new LayerDifference(
            name,
            agrees ? LayerAgreement.Agrees : LayerAgreement.Differs,
            actual.ToString(),
            expected.ToString(),
            TensorDifference.Between(actual, expected));
    }
}

/// <summary>How one layer of two dumps compares.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Agreement">The verdict.</param>
/// <param name="ActualShape">Its shape in the dump to check, in brackets; empty where it is missing.</param>
/// <param name="ExpectedShape">Its shape in the dump that is right, in brackets; empty where it is missing.</param>
/// <param name="Figures">How far the values are apart; null unless both dumps have the layer in one shape.</param>
public sealed record LayerDifference(
    string Name, LayerAgreement Agreement, string ActualShape, string ExpectedShape, TensorDifference? Figures);

/// <summary>Whether a layer of one dump is that of another.</summary>
public enum LayerAgreement
{
    /// <summary>Every value is within the tolerances.</summary>
    Agrees,

    /// <summary>A value is not within the tolerances.</summary>
    Differs,

    /// <summary>The shapes differ.</summary>
    ShapeDiffers,

    /// <summary>Only the dump to check has the layer.</summary>
    OnlyActual,

    /// <summary>Only the dump that is right has the layer.</summary>
    OnlyExpected,
}
