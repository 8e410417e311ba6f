using System.CommandLine;
using System.Globalization;
using Chroma.Cli.Commands.Shared;
using Chroma.Models;
using Chroma.Tensors;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma compare</c>: finds the first layer in which two dumps differ.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        Argument<string> actual = CommonOptions.Path("A", "The dump to check; its order of layers is the order of comparison.");
        Argument<string> expected = CommonOptions.Path("B", "The dump that is right.");
        Option<double> relative = Tolerance("--rtol", "Allowed is |a - b| <= atol + rtol |b| in every element.");
        Option<double> absolute = Tolerance("--atol", "See --rtol.");
        Option<bool> all = new("--all") { Description = "Go on after the first layer that differs." };
        Option<bool> strict = new("--strict") { Description = "Count a layer that only one of the two has as a difference." };
        Command command = new("compare", "Compare two dumps of layers: per layer the largest absolute and relative difference and the cosine.")
        {
            actual, expected, relative, absolute, all, strict,
        };
        command.SetAction(result =>
        {
            using SafetensorsFile a = SafetensorsFile.Open(result.GetRequiredValue(actual));
            using SafetensorsFile b = SafetensorsFile.Open(result.GetRequiredValue(expected));
            Report report = new(result.InvocationConfiguration.Output, a, b, result.GetValue(all), result.GetValue(strict));
            string? problem = report.Write(LayerDump.Compare(a, b, result.GetValue(relative), result.GetValue(absolute)));
            if (problem is null)
            {
                return 0;
            }

            result.InvocationConfiguration.Error.WriteLine(problem);
            return CommandRunner.Failed;
        });
        return command;
    }

    private static Option<double> Tolerance(string name, string description) =>
        Numbers.RealOr(name, description, LayerDump.DefaultTolerance, 0, double.PositiveInfinity);

    /// <summary>Writes one line for each layer, and finds the sentence for standard error.</summary>
    private sealed class Report(TextWriter output, SafetensorsFile a, SafetensorsFile b, bool all, bool strict)
    {
        private readonly int _width = a.Tensors.Concat(b.Tensors).Select(tensor => tensor.Name.Length).DefaultIfEmpty(4).Max();
        private string? _problem;
        private int _compared;

        /// <summary>Writes the lines.</summary>
        /// <returns>What is wrong, as one sentence; null if nothing is.</returns>
        public string? Write(IEnumerable<LayerDifference> layers)
        {
            output.WriteLine($"{"layer".PadRight(_width)}  {"max abs",10}  {"max rel",10}  {"cosine",12}  verdict");
            foreach (LayerDifference layer in layers)
            {
                Write(layer);
                if (_problem is not null && !all)
                {
                    break;
                }
            }

            return _problem ?? (_compared > 0 ? null : $"'{a.Path}' and '{b.Path}' have no layer in common.");
        }

        private void Write(LayerDifference layer)
        {
            string name = layer.Name.PadRight(_width);
            switch (layer.Agreement)
            {
                case LayerAgreement.OnlyActual:
                    WriteMissing(layer, b);
                    break;
                case LayerAgreement.OnlyExpected:
                    WriteMissing(layer, a);
                    break;
                case LayerAgreement.ShapeDiffers:
                    _compared++;
                    output.WriteLine($"{name}  {"",10}  {"",10}  {"",12}  shape {layer.ActualShape}, expected {layer.ExpectedShape}");
                    _problem ??= $"The first layer that differs is '{layer.Name}': its shape is {layer.ActualShape} in '{a.Path}' and {layer.ExpectedShape} in '{b.Path}'.";
                    break;
                default:
                    _compared++;
                    TensorDifference figures = layer.Figures!.Value;
                    bool agrees = layer.Agreement == LayerAgreement.Agrees;
                    output.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name}  {figures.MaxAbsolute,10:g3}  {figures.MaxRelative,10:g3}  {figures.Cosine,12:f9}  {(agrees ? "agrees" : "differs")}"));
                    if (!agrees)
                    {
                        _problem ??= string.Create(
                            CultureInfo.InvariantCulture,
                            $"The first layer that differs is '{layer.Name}': max abs {figures.MaxAbsolute:g3}, max rel {figures.MaxRelative:g3}, cosine {figures.Cosine:f9}.");
                    }

                    break;
            }
        }

        private void WriteMissing(LayerDifference layer, SafetensorsFile without)
        {
            output.WriteLine($"{layer.Name.PadRight(_width)}  {"",10}  {"",10}  {"",12}  missing in '{without.Path}'");
            if (strict)
            {
                _problem ??= $"The layer '{layer.Name}' is missing in '{without.Path}'.";
            }
        }
    }
}
