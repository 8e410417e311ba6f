using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Chroma.Cli.Commands.Shared;
using Chroma.Noise;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma noise</c>: the initial noise of a seed as a flat JSON array, row-major.</summary>
internal static class NoiseCommand
{
    private const int MostNumbers = 1 << 28;

    public static Command Create()
    {
        Option<long> seed = new("--seed")
        {
            Description = "The seed, -2^63 to 2^64 - 1, as torch.manual_seed takes it.",
            Required = true,
            CustomParser = ParseSeed,
        };
        Option<int[]> shape = new("--shape")
        {
            Description = "The length of each axis, such as 1,16,8,8.",
            Required = true,
            CustomParser = ParseShape,
        };
        Option<string> generator = new("--generator")
        {
            Description = "torch (PyTorch's CPU noise) or philox (counter-based, as PyTorch on CUDA).",
            DefaultValueFactory = _ => NoiseGenerators.Names[0],
        };
        Command command = new("noise", "Prints the initial noise of a seed as a flat JSON array, row-major.") { seed, shape, generator };
        command.SetAction(result =>
        {
            INoiseGenerator noise = NoiseGenerators.Create(result.GetRequiredValue(generator), result.GetRequiredValue(seed));
            JsonNumbers.WriteLine(result.InvocationConfiguration.Output, noise.Draw(result.GetRequiredValue(shape)).Span);
        });
        return command;
    }

    private static long ParseSeed(ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        if (Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out Int128 seed) && seed >= long.MinValue && seed <= ulong.MaxValue)
        {
            return unchecked((long)seed);
        }

        argument.AddError($"The option --seed must be a whole number between -2^63 and 2^64 - 1, but is '{text}'.");
        return 0;
    }

    private static int[] ParseShape(ArgumentResult argument)
    {
        string text = string.Join(',', argument.Tokens.Select(token => token.Value));
        string[] parts = text.Split(',');
        int[] shape = new int[parts.Length];
        long count = 1;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (!int.TryParse(parts[axis], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out shape[axis]) || shape[axis] < 1)
            {
                argument.AddError($"The option --shape must be whole numbers above 0 with commas between them, such as 1,16,8,8, but is '{text}'.");
                return [];
            }

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
