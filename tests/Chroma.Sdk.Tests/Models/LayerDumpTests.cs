using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Models;

public sealed class LayerDumpTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Layers_compare_in_the_order_of_the_first_file_and_what_only_the_second_has_comes_last()
    {
        using SafetensorsFile a = Dump("a", ("z", [1, 2]), ("mine", [0]), ("y", [1, 2]), ("x", [1, 2, 3]));
        using SafetensorsFile b = Dump("b", ("x", [1, 2]), ("theirs", [0]), ("y", [1, 2.5f]), ("z", [1, 2.00001f]));

        LayerDifference[] layers = [.. LayerDump.Compare(a, b)];

        Assert.Equal(
            [
                ("z", LayerAgreement.Agrees), ("mine", LayerAgreement.OnlyActual), ("y", LayerAgreement.Differs), ("x", LayerAgreement.ShapeDiffers),
                ("theirs", LayerAgreement.OnlyExpected),
            ],
            layers.Select(layer => (layer.Name, layer.Agreement)));
        Assert.Equal(0.5, layers[2].Figures!.Value.MaxAbsolute);
        Assert.Equal(0.2, layers[2].Figures!.Value.MaxRelative, 6);
        Assert.Equal(("[3]", "[2]"), (layers[3].ActualShape, layers[3].ExpectedShape));
        Assert.Null(layers[3].Figures);
    }

    [Theory]
    [InlineData(100f, 100.05f, 1e-3, 0, true)]
    [InlineData(100f, 100.05f, 1e-4, 0, false)]
    [InlineData(100f, 100.05f, 0, 0.1, true)]
    [InlineData(100f, 100.05f, 0, 0.01, false)]
    [InlineData(0f, 0f, 0, 0, true)]
    [InlineData(float.NaN, float.NaN, 0, 0, true)]
    [InlineData(float.NaN, 0f, 9, 9, false)]
    [InlineData(0f, float.NaN, 9, 9, false)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, 0, 0, true)]
    [InlineData(float.NegativeInfinity, float.PositiveInfinity, 9, 9, false)]
    [InlineData(0f, float.PositiveInfinity, 9, 9, false)]
    public void Tolerances_are_those_of_allclose(float actual, float expected, double relative, double absolute, bool close)
    {
        Assert.Equal(close, TensorDifference.AllClose([1, actual], [1, expected], relative, absolute));

        using SafetensorsFile a = Dump("a", ("x", [actual])), b = Dump("b", ("x", [expected]));
        Assert.Equal(close ? LayerAgreement.Agrees : LayerAgreement.Differs, Assert.Single(LayerDump.Compare(a, b, relative, absolute)).Agreement);
    }

    private SafetensorsFile Dump(string name, params (string Name, float[] Values)[] layers)
    {
        SafetensorsWriter.Save(_folder.File(name), layers.Select(layer => KeyValuePair.Create(layer.Name, new FloatTensor(layer.Values, layer.Values.Length))));
        return SafetensorsFile.Open(_folder.File(name));
    }
}
