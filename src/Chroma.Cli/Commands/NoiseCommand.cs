using System.CommandLine;
using System.CommandLine.Parsing;
using Chroma.Cli.Commands.Shared;
using Chroma.Configuration;
using Chroma.Noise;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma noise</c>: the initial noise of a seed as a flat JSON array, row-major.</summary>
internal static class NoiseCommand
{
    private const int MostNumbers = 1 << 28;

    public static Command Create()
    {
        Option<SeedChoice> seed = Numbers.Seed(minusOneIsRandom: false, "The seed, -2^63 to 2^64 - 1, as torch.manual_seed takes it.");
        seed.Required = true;
        Option<int[]> shape = new("--shape")
        {
            Description = "The length of each axis, such as 1,16,8,8.",
            Required = true,
            HelpName = "numbers",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = ParseShape,
        };
        Option<string> generator = Choices.Words(
            "--generator", "torch (PyTorch's CPU noise, unless told) or philox (counter-based, as PyTorch on CUDA).", [.. NoiseGenerators.Names]);
        Command command = new("noise", "Prints the initial noise of a seed as a flat JSON array, row-major.") { seed, shape, generator };
        command.SetAction(result =>
        {
            INoiseGenerator noise = NoiseGenerators.Get(result.GetValue(generator) ?? NoiseGenerators.Names[0])(result.GetRequiredValue(seed).Value!.Value);
            JsonNumbers.WriteLine(result.InvocationConfiguration.Output, noise.Draw(result.GetRequiredValue(shape)).Span);
        });
        return command;
    }

    private static int[] ParseShape(ArgumentResult argument)
    {
        string text = argument.Text();
        string[] parts = text.Split(',');
        int[] shape = new int[parts.Length];
        long count = 1;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (!NumberText.TryParseWhole(parts[axis], out Int128 length) || length < 1 || length > int.MaxValue)
            {
                argument.AddError($"The option --shape must be whole numbers above 0 with commas between them, such as 1,16,8,8, but is '{text}'.");
                return [];
            }

            shape[axis] = (int)length;
            count *= shape[axis];
            if (count > MostNumbers)
            {
                argument.AddError($"The shape {text} has more numbers than the {MostNumbers} that can be printed at once.");
                return [];
            }
        }

        return shape;
    }
}
