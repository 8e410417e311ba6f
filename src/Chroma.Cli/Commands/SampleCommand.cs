using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics.Tensors;
using Chroma.Cli.Commands.Shared;
using Chroma.Cli.Outputs;
using Chroma.Sampling;
using Chroma.Tensors;

namespace Chroma.Cli.Commands;

/// <summary>
/// <c>chroma sample</c>: runs a sampler without a model, on denoised(x, s) = 0.5 (1 - s) x + A + 0.25 s tanh(x), so that its steps can be
/// compared with another program's.
/// </summary>
internal static class SampleCommand
{
    public static Command Create()
    {
        Option<SamplerName?> sampler = Names.Sampler($"One of {string.Join(", ", Samplers.BuiltIn.Names)}.");
        sampler.Required = true;
        Option<float[]> sigmas = new("--sigmas")
        {
            Description = "The falling noise levels, at most 1 and at least 0: 1,0.75,0.5,0.25,0.",
            Required = true,
            HelpName = "numbers",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = ParseSigmas,
        };
        Option<string[]> options = new("--option")
        {
            Description = "An option of the sampler, as key=value; may be repeated.",
            DefaultValueFactory = _ => [],
        };
        Option<string> inputs = new("--inputs")
        {
            Description = "Safetensors with x_init, A (the same shape) and, for samplers that add noise, noises [k, ...].",
            Required = true,
        };
        Option<string> output = new("--output")
        {
            Description = "Safetensors to write: x [steps + 1, ...] before each step and at the end, denoised [steps, ...], and every call "
                + "of the model (calls.sigma, calls.x, calls.denoised) and for noise (noise_calls: sigma, next sigma); - is standard output.",
            Required = true,
        };
        Command command = new("sample", "Run a sampler without a model, to compare its steps.") { sampler, sigmas, options, inputs, output };
        command.SetAction((result, cancellationToken) =>
        {
            SamplerName name = result.GetRequiredValue(sampler)!.Value;
            if (name.Scheduler is not null)
            {
                throw new UsageException($"--sampler names the scheduler {name.Scheduler} too, but --sigmas has the levels: name the sampler alone, {name.Sampler}.");
            }

            ISampler chosen = UsageException.Check(() => Samplers.BuiltIn.Create(name.Sampler, ParseOptions(result.GetRequiredValue(options))));
            string from = result.GetRequiredValue(inputs), to = result.GetRequiredValue(output);
            using OutputTarget target = OutputTarget.Check(to, from);
            Trace trace = Trace.Read(from);
            trace.Run(chosen, result.GetRequiredValue(sigmas), cancellationToken);
            ResultFile.Save(target, to, trace.ToFile());
            return Task.FromResult(0);
        });
        return command;
    }

    private static float[] ParseSigmas(ArgumentResult argument)
    {
        string text = argument.Text();
        string[] parts = text.Split(',');
        float[] sigmas = new float[parts.Length];
        for (int i = 0; i < sigmas.Length; i++)
        {
            if (!Numbers.TryReadReal("--sigmas", parts[i], 0, 1, Complain, out double sigma))
            {
                return [];
            }

            sigmas[i] = (float)sigma;
            if (i > 0 && sigmas[i] >= sigmas[i - 1])
            {
                Complain($"The option --sigmas must fall from one number to the next, but {parts[i].Trim()} follows {parts[i - 1].Trim()}.");
                return [];
            }
        }

        if (sigmas.Length < 2)
        {
            Complain($"The option --sigmas must be at least two numbers, a start and an end, but is '{text}'.");
        }

        return sigmas;

        // A list with decimal commas is another list.
        void Complain(string sentence) => argument.AddError($"{sentence} Commas separate the numbers, and a point stands before decimals: 1,0.5,0.");
    }

    private static IEnumerable<KeyValuePair<string, string>> ParseOptions(string[] options)
    {
        foreach (string option in options)
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            yield return equals > 0
                ? KeyValuePair.Create(option[..equals].Trim(), option[(equals + 1)..].Trim())
                : throw new ArgumentException($"--option must be key=value, but is '{option}'.");
        }
    }

    /// <summary>The inputs of a run, and all that it did.</summary>
    private sealed class Trace : ISamplerNoise
    {
        private readonly string _path;
        private readonly FloatTensor _start;
        private readonly FloatTensor _offset;
        private readonly FloatTensor? _noises;
        private readonly List<float> _x = [];
        private readonly List<float> _denoised = [];
        private readonly List<float> _callSigmas = [];
        private readonly List<float> _callInputs = [];
        private readonly List<float> _callOutputs = [];
        private readonly List<float> _noiseCalls = [];

        private Trace(string path, FloatTensor start, FloatTensor offset, FloatTensor? noises)
        {
            _path = path;
            _start = start;
            _offset = offset;
            _noises = noises;
        }

        public static Trace Read(string path)
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            FloatTensor start = file.ReadFloats("x_init");
            FloatTensor offset = file.ReadFloats("A");
            if (!offset.Shape.SequenceEqual(start.Shape))
            {
                throw new ArgumentException($"'{path}': 'A' has shape {offset}, but 'x_init' has {start}; they must be the same.");
            }

            FloatTensor? noises = file.Contains("noises") ? file.ReadFloats("noises") : null;
            if (noises is not null && (noises.Rank != start.Rank + 1 || !noises.Shape[1..].SequenceEqual(start.Shape)))
            {
                throw new ArgumentException($"'{path}': 'noises' has shape {noises}, but must be a stack of tensors of shape {start}.");
            }

            return new Trace(path, start, offset, noises);
        }

        public void Run(ISampler sampler, float[] sigmas, CancellationToken cancellationToken)
        {
            FloatTensor x = _start.Clone();
            SamplerRun run = new(x.Memory, sigmas, Denoise)
            {
                Noise = this,
                CancellationToken = cancellationToken,
                OnStep = step =>
                {
                    _x.AddRange(step.X);
                    _denoised.AddRange(step.Denoised);
                },
            };
            sampler.Sample(run);
            _x.AddRange(x.Span);
        }

        public void Fill(Span<float> destination, float sigma, float sigmaNext)
        {
            int next = _noiseCalls.Count / 2;
            int available = _noises is null ? 0 : _noises.Shape[0];
            if (next >= available)
            {
                throw new InvalidOperationException(_noises is null
                    ? $"'{_path}' has no 'noises', but this sampler adds noise."
                    : $"'{_path}': 'noises' holds {available} noises, but this run needs more.");
            }

            _noises!.Span.Slice(next * destination.Length, destination.Length).CopyTo(destination);
            _noiseCalls.Add(sigma);
            _noiseCalls.Add(sigmaNext);
        }

        public SafetensorsWriter ToFile()
        {
            SafetensorsWriter writer = new();
            writer.Add("x", Stack(_x));
            writer.Add("denoised", Stack(_denoised));
            writer.Add("calls.sigma", new FloatTensor([.. _callSigmas], _callSigmas.Count));
            writer.Add("calls.x", Stack(_callInputs));
            writer.Add("calls.denoised", Stack(_callOutputs));
            writer.Add("noise_calls", new FloatTensor([.. _noiseCalls], _noiseCalls.Count / 2, 2));
            return writer;
        }

        /// <summary>The model of the stored cases.</summary>
        private void Denoise(ReadOnlySpan<float> x, float sigma, Span<float> denoised)
        {
            TensorPrimitives.Tanh(x, denoised);
            TensorPrimitives.MultiplyAdd(denoised, 0.25f * sigma, _offset.Span, denoised);
            TensorPrimitives.MultiplyAdd(x, 0.5f * (1 - sigma), denoised, denoised);
            _callSigmas.Add(sigma);
            _callInputs.AddRange(x);
            _callOutputs.AddRange(denoised);
        }

        private FloatTensor Stack(List<float> rows) => new([.. rows], [rows.Count / _start.Length, .. _start.Shape]);
    }
}
