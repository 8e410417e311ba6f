using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using Chroma.Imaging;
using Chroma.Models;
using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Scheduling;
using Chroma.Tensors;
using Chroma.Testing;
using Chroma.Tokenization;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Chroma.Sdk.Tests;

/// <summary>
/// Every public member of the library with nonsense in every place: null, NaN, infinity, negative and huge numbers, values that are none of an enumeration,
/// empty and odd texts. It may refuse or do something harmless, but never fail by accident.
/// </summary>
public sealed class ArgumentSweepTests
{
    /// <summary>What a member throws that did not look at its arguments.</summary>
    private static readonly Type[] _accidents =
    [
        typeof(NullReferenceException), typeof(IndexOutOfRangeException), typeof(InvalidCastException), typeof(ArithmeticException), typeof(ArrayTypeMismatchException),
        typeof(RankException), typeof(OutOfMemoryException), typeof(NotImplementedException), typeof(AccessViolationException), typeof(TypeInitializationException),
    ];

    public static TheoryData<string> Types => [.. Exported().Select(type => type.FullName!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Nonsense_is_refused_and_never_an_accident(string name)
    {
        Type type = Exported().Single(type => type.FullName == name);
        List<string> accidents = [];
        foreach (MethodBase member in Members(type))
        {
            foreach (object?[] arguments in Nonsense(member))
            {
                object? target = member.IsStatic || member is ConstructorInfo ? null : Samples.Of(type);
                if (target is null && !member.IsStatic && member is not ConstructorInfo)
                {
                    continue;
                }

                Exception? thrown = await InvokeAsync(member, target, arguments);
                if (thrown is not null && _accidents.Any(accident => accident.IsInstanceOfType(thrown)))
                {
                    accidents.Add($"{type.Name}.{member.Name}({string.Join(", ", arguments.Select(Shown))}): {thrown.GetType().Name}");
                }

            }
        }

        Assert.True(accidents.Count == 0, string.Join('\n', accidents));
    }

    [Fact]
    public void The_sweep_reaches_the_library() =>
        Assert.InRange(Exported().SelectMany(Members).SelectMany(Nonsense).Count(), 1000, int.MaxValue);

    private static IEnumerable<Type> Exported() => typeof(ChromaPipeline).Assembly.GetExportedTypes()
        .Where(type => type != typeof(CpuPeak)) // takes a second for each call
        .Where(type => type is { IsEnum: false, IsInterface: false, ContainsGenericParameters: false } && !type.IsByRefLike && !type.IsSubclassOf(typeof(Delegate)));

    private static IEnumerable<MethodBase> Members(Type type) => type
        .GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .OfType<MethodBase>()
        .Where(member => !type.IsAbstract || member.IsStatic)
        .Where(member => member.GetCustomAttribute<CompilerGeneratedAttribute>() is null && member.Name is not ("Dispose" or "<Clone>$" or "Deconstruct"))
        .Where(member => !member.Name.StartsWith("Save", StringComparison.Ordinal) && member.Name != nameof(WeightsFile.QuantizeAsync)) // they would write files
        .Where(member => !member.ContainsGenericParameters)
        .Where(member => member.GetParameters() is { Length: > 0 } all && all.All(parameter => !parameter.ParameterType.IsByRefLike && !parameter.ParameterType.IsPointer));

    /// <summary>Valid arguments with one of them replaced, for each of them and each nonsense.</summary>
    private static IEnumerable<object?[]> Nonsense(MethodBase member)
    {
        ParameterInfo[] parameters = member.GetParameters();
        for (int place = 0; place < parameters.Length; place++)
        {
            foreach (object? value in Nonsense(parameters[place]))
            {
                object?[] arguments = [.. parameters.Select(parameter => Samples.Of(parameter.ParameterType))];
                arguments[place] = value;
                yield return arguments;
            }
        }
    }

    private static object?[] Nonsense(ParameterInfo parameter)
    {
        Type type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        object?[] values = type switch
        {
            _ when type == typeof(int) => [-1, 0, 1, int.MinValue, int.MaxValue],
            _ when type == typeof(long) => [-1L, 0L, long.MinValue, long.MaxValue],
            _ when type == typeof(ulong) => [0UL, ulong.MaxValue],
            _ when type == typeof(float) => [float.NaN, float.PositiveInfinity, float.NegativeInfinity, -1f, float.MaxValue, 0f],
            _ when type == typeof(double) => [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -1.0, double.MaxValue, 0.0],
            _ when type == typeof(string) => ["", " ", "\0", "a\0b", "\uD83D", "no such thing", "*", "-1", new string('x', 10_000)],
            _ when type.IsEnum => [Enum.ToObject(type, 99), Enum.ToObject(type, -1)],
            _ when type == typeof(FloatTensor) => [new FloatTensor(), new FloatTensor(0), new FloatTensor(1, 2, 3, 4, 5), new FloatTensor([float.NaN], 1, 1, 1, 1), new FloatTensor(3, 1, 1), new FloatTensor(1, 16, 3, 2)],
            _ when type == typeof(LatentSize) => [default(LatentSize), new LatentSize(-1, 2, 2), new LatentSize(int.MaxValue, int.MaxValue - 1, int.MaxValue - 1)],
            _ when type == typeof(Tiling) => [new Tiling(-2), new Tiling(1, 1), new Tiling(int.MaxValue, int.MaxValue)],
            _ when type == typeof(bool[,]) => [new bool[0, 0], new bool[1, 1], new bool[3, 3]],
            _ when type == typeof(int[,]) => [new int[0, 0], new int[1, 0], new[,] { { -1, int.MaxValue } }],
            _ when type == typeof(byte[]) => [Array.Empty<byte>(), new byte[1]],
            _ when type == typeof(CancellationToken) => [new CancellationToken(canceled: true)],
            _ => [],
        };
        return parameter.HasDefaultValue || (parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null) ? values : [null, .. values];
    }

    private static async Task<Exception?> InvokeAsync(MethodBase member, object? target, object?[] arguments)
    {
        try
        {
            object? result = member is ConstructorInfo constructor ? constructor.Invoke(arguments) : member.Invoke(target, arguments);
            switch (result)
            {
                case Task task:
                    await task.WaitAsync(TimeSpan.FromSeconds(60));
                    break;
                case IEnumerable sequence and not string:
                    _ = sequence.Cast<object?>().Take(3).Count();
                    break;
            }

            (result as IDisposable)?.Dispose();
            return null;
        }
        catch (TargetInvocationException error)
        {
            return error.InnerException;
        }
        catch (Exception error) when (error is not TargetParameterCountException)
        {
            return error;
        }
    }

    private static string Shown(object? value) => value switch
    {
        null => "null",
        string { Length: > 20 } text => $"'{text[..20]}...'",
        string text => $"'{text}'",
        _ => value.ToString()!,
    };

    /// <summary>A sound value of each type that members take.</summary>
    private static class Samples
    {
        private static readonly ChromaEngine _engine = new(new ChromaEngineOptions { Device = "cpu", Threads = 1 });
        private static readonly ConcurrentDictionary<Type, object?> _made = new();

        public static object? Of(Type type) => _made.GetOrAdd(type, Make);

        private static object? Make(Type type)
        {
            Type plain = Nullable.GetUnderlyingType(type) ?? type;
            return plain switch
            {
                _ when plain == typeof(string) => "x",
                _ when plain == typeof(int) => 2,
                _ when plain == typeof(long) => 2L,
                _ when plain == typeof(ulong) => 2UL,
                _ when plain == typeof(float) => 0.5f,
                _ when plain == typeof(double) => 0.5,
                _ when plain == typeof(bool) => false,
                _ when plain == typeof(byte[]) => new byte[12],
                _ when plain == typeof(float[]) => new float[] { 1, 0 },
                _ when plain == typeof(int[,]) => new[,] { { 5, 1 } },
                _ when plain == typeof(bool[,]) => new[,] { { true, true } },
                _ when plain == typeof(FloatTensor) => new FloatTensor(1, 16, 2, 2),
                _ when plain == typeof(IReadOnlyList<string>) => new[] { "x" },
                _ when plain == typeof(IEnumerable<string>) => new[] { "x" },
                _ when plain == typeof(IEnumerable<int>) => new[] { 5, 1 },
                _ when plain == typeof(IReadOnlyDictionary<string, FloatTensor>) => new Dictionary<string, FloatTensor> { ["x"] = new(2, 2) },
                _ when plain == typeof(IReadOnlyList<RandomTensor>) => new[] { new RandomTensor("a", WeightType.F32, [2, 2], 0, 1) },
                _ when plain == typeof(IReadOnlyList<long>) => new[] { 2L, 2L },
                _ when plain == typeof(GenerationParameters) => new GenerationParameters(),
                _ when plain == typeof(Churn) => Churn.None,
                _ when plain == typeof(SentencePieceVocabulary) => SentencePieceVocabulary.Load(TinyModel.Files.Tokenizer!),
                _ when plain == typeof(ChromaEngine) => _engine,
                _ when plain == typeof(Transformer) => TinyModels.LoadTransformer(_engine),
                _ when plain == typeof(TextEncoder) => TextEncoder.Load(_engine, TinyModels.TextEncoderPath),
                _ when plain == typeof(Autoencoder) => Autoencoder.Load(_engine, TinyModels.AutoencoderPath),
                _ when plain == typeof(WeightsFile) => WeightsFile.Open(TinyModels.TextEncoderPath),
                _ when plain == typeof(SafetensorsFile) => SafetensorsFile.Open(TinyModels.TextEncoderPath),
                _ when plain == typeof(T5Tokenizer) => T5Tokenizer.Load(TinyModel.Files.Tokenizer!),
                _ when plain == typeof(ChromaPipeline) => TinyModel.LoadAsync().GetAwaiter().GetResult(),
                _ when plain == typeof(ChromaModelFiles) => TinyModel.Files,
                _ when plain == typeof(GenerationOptions) => TinyModel.Quick with { Width = 16, Height = 16, Steps = 1 },
                _ when plain == typeof(PromptEmbedding) => new PromptEmbedding(new FloatTensor(1, 1, 40)),
                _ when plain == typeof(ChromaImage) => new ChromaImage(2, 2, new byte[12]),
                _ when plain == typeof(ISampler) => Samplers.BuiltIn.Create("euler"),
                _ when plain == typeof(IScheduler) => Schedulers.Get("simple"),
                _ when plain == typeof(INoiseGenerator) => new TorchNoise(1),
                _ when plain == typeof(SamplerCatalog) => Samplers.BuiltIn,
                _ when plain == typeof(SamplerOptions) => new SamplerOptions("euler"),
                _ when plain == typeof(SamplerRun) => new SamplerRun(new float[4], [1, 0], (_, _, denoised) => denoised.Clear()),
                _ when plain == typeof(SigmaTable) => SigmaTable.Flux(),
                _ when plain == typeof(CustomScheduler) => new CustomScheduler(1, 0),
                _ when plain == typeof(StepCache) => new StepCache(0.1f),
                _ when plain == typeof(MemoryStream) || plain == typeof(Stream) => new MemoryStream(),
                _ when plain == typeof(Microsoft.Extensions.Logging.ILoggerFactory) => NullLoggerFactory.Instance,
                _ when plain.IsValueType => Activator.CreateInstance(plain),
                _ when plain.GetConstructor(Type.EmptyTypes) is { } empty => empty.Invoke(null),
                _ => null,
            };
        }
    }
}
