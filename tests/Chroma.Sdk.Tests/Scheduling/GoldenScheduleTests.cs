using System.Globalization;
using Chroma.Scheduling;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Scheduling;

/// <summary>Every tensor of the two stored schedule files, at the tolerance that comes with them.</summary>
public sealed class GoldenScheduleTests
{
    private const double Tolerance = 2e-6;

    [Theory]
    [InlineData("flux1.15", 90)]
    [InlineData("flux0.5", 90)]
    [InlineData("aura1", 90)]
    [InlineData("aura1.73", 90)]
    [InlineData("sd3_3", 90)]
    public void ComfyUI_schedules_agree(string samplingObject, int expectedCount)
    {
        // Names are {object}.{scheduler}.{steps}; the objects' own names have dots.
        using SafetensorsFile file = Golden.Open("07_schedules_comfy");
        SchedulerOptions options = OptionsOf(samplingObject);
        SigmaTable table = SigmaTable.Of(options);
        int count = 0;
        foreach (SafetensorsTensor tensor in file.Tensors.Where(tensor => tensor.Name.StartsWith(samplingObject + ".", StringComparison.Ordinal)))
        {
            string[] parts = tensor.Name[(samplingObject.Length + 1)..].Split('.');
            if (int.TryParse(parts[0], out _))
            {
                continue; // "aura1" is how "aura1.73" begins, too.
            }

            float[] actual = parts[0] == "table_first_last"
                ? [table.Sigmas[0], table.Sigmas[1], table.Sigmas[^2], table.Sigmas[^1]]
                : Schedulers.Get(parts[0]).GetSigmas(int.Parse(parts[1], CultureInfo.InvariantCulture), options);
            Agree.RelativeOfMax(actual, file.ReadFloats(tensor.Name).Span, Tolerance, tensor.Name);
            count++;
        }

        Assert.Equal(expectedCount, count);
    }

    [Fact]
    public void Schedules_without_their_penultimate_sigma_agree()
    {
        using SafetensorsFile file = Golden.Open("07_schedules_comfy");
        foreach (SafetensorsTensor tensor in Named(file, "discard.flux1.15.normal.", 3))
        {
            int steps = Last(tensor.Name);
            float[] actual = SigmaSchedule.DiscardPenultimate(new NormalScheduler(leaveOutLowest: false).GetSigmas(steps + 1));
            Agree.RelativeOfMax(actual, file.ReadFloats(tensor.Name).Span, Tolerance, tensor.Name);
        }
    }

    [Fact]
    public void The_optimal_steps_agree()
    {
        using SafetensorsFile file = Golden.Open("07_schedules_comfy");
        foreach (SafetensorsTensor tensor in Named(file, "optimal_chroma.", 16))
        {
            string[] parts = tensor.Name.Split('.', 3);
            double denoise = double.Parse(parts[2]["denoise".Length..], CultureInfo.InvariantCulture);
            float[] actual = new OptimalStepsScheduler(denoise).GetSigmas(int.Parse(parts[1], CultureInfo.InvariantCulture));
            Agree.RelativeOfMax(actual, file.ReadFloats(tensor.Name).Span, Tolerance, tensor.Name);
        }
    }

    [Fact]
    public void The_schedules_of_the_training_code_are_flow_match_with_mu_of_the_image_tokens()
    {
        using SafetensorsFile file = Golden.Open("07_schedules_comfy");
        foreach (SafetensorsTensor tensor in Named(file, "flow_get_schedule.", 16))
        {
            string[] parts = tensor.Name.Split('.');
            SchedulerOptions options = new() { ImageTokens = int.Parse(parts[2]["seq".Length..], CultureInfo.InvariantCulture) };
            float[] actual = Schedulers.Get("flow_match").GetSigmas(int.Parse(parts[1], CultureInfo.InvariantCulture), options);
            Agree.RelativeOfMax(actual, file.ReadFloats(tensor.Name).Span, Tolerance, tensor.Name);
        }
    }

    [Fact]
    public void Diffusers_schedules_and_timesteps_agree()
    {
        using SafetensorsFile file = Golden.Open("07_schedules_flowmatch");
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            // {config}.{default|pipeline}.{steps}.{sigmas|timesteps}; the configurations' own names have dots.
            string[] parts = tensor.Name.Split('.');
            string configuration = string.Join('.', parts[..^3]);
            FlowMatchScheduler scheduler = new(SpreadOf(configuration), endsAtTrainedMinimum: parts[^3] == "default");
            float[] actual = scheduler.GetSigmas(int.Parse(parts[^2], CultureInfo.InvariantCulture), OptionsOf(configuration));
            float[] wanted = parts[^1] == "sigmas" ? actual : [.. actual[..^1].Select(sigma => sigma * 1000)];
            Agree.RelativeOfMax(wanted, file.ReadFloats(tensor.Name).Span, Tolerance, tensor.Name);
        }

        Assert.True(file.Tensors.Count > 200, $"There are only {file.Tensors.Count} tensors.");
    }

    private static SafetensorsTensor[] Named(SafetensorsFile file, string prefix, int count)
    {
        SafetensorsTensor[] found = [.. file.Tensors.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))];
        Assert.Equal(count, found.Length);
        return found;
    }

    private static int Last(string name) => int.Parse(name[(name.LastIndexOf('.') + 1)..], CultureInfo.InvariantCulture);

    private static FlowMatchSpread SpreadOf(string configuration) => configuration.Split('_')[^1] switch
    {
        "beta" => FlowMatchSpread.Beta,
        "karras" => FlowMatchSpread.Karras,
        "exponential" => FlowMatchSpread.Exponential,
        _ => FlowMatchSpread.Shifted,
    };

    private static SchedulerOptions OptionsOf(string configuration)
    {
        string name = configuration.Replace("_beta", "", StringComparison.Ordinal)
            .Replace("_karras", "", StringComparison.Ordinal).Replace("_exponential", "", StringComparison.Ordinal);
        double After(string prefix) => double.Parse(name[prefix.Length..], CultureInfo.InvariantCulture);
        return name switch
        {
            _ when name.StartsWith("flux", StringComparison.Ordinal) => new() { Mu = After("flux") },
            _ when name.StartsWith("aura", StringComparison.Ordinal) => new() { Shift = After("aura") },
            _ when name.StartsWith("sd3_", StringComparison.Ordinal) => new() { Shift = After("sd3_") },
            _ when name.StartsWith("shift", StringComparison.Ordinal) => new() { Shift = After("shift") },
            _ when name.StartsWith("dyn_mu", StringComparison.Ordinal) => new() { Mu = After("dyn_mu") },
            _ when name.StartsWith("dyn_seq", StringComparison.Ordinal) => new() { ImageTokens = (int)After("dyn_seq") },
            _ => throw new ArgumentException($"'{configuration}' is no known configuration."),
        };
    }
}
