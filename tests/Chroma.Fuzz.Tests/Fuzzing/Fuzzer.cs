using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Chroma.Testing;
using Xunit;

namespace Chroma.Fuzz.Tests.Fuzzing;

/// <summary>
/// Feeds changed inputs to a reader and asserts what every reader promises: it succeeds or throws an exception that it documents, within
/// a time and an amount of memory in proportion to the input. An input whose outcome is new is changed further.
/// </summary>
/// <param name="name">The target's name, as its test is called.</param>
/// <param name="seeds">Sound inputs.</param>
/// <param name="words">Words of the format.</param>
/// <param name="run">Reads an input.</param>
/// <param name="isDocumented">Whether the reader documents an exception.</param>
internal sealed partial class Fuzzer(
    string name, IReadOnlyList<byte[]> seeds, IReadOnlyList<byte[]> words, Action<byte[]> run, Predicate<Exception> isDocumented)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    /// <summary>Words as they stand in a file.</summary>
    public static byte[][] Words(params string[] words) => Array.ConvertAll(words, Encoding.UTF8.GetBytes);

    /// <summary>Bytes that one input may make the reader allocate: a fixed amount for its tables, and a multiple of the input.</summary>
    public long AllowedBytes { get; init; } = 32 << 20;

    /// <summary>The same for each byte of the input.</summary>
    public long AllowedBytesPerByte { get; init; } = 1000;

    /// <summary>Runs for as long as <see cref="FuzzSettings"/> says.</summary>
    public void Run()
    {
        if (FuzzSettings.Input is { } path)
        {
            Try(File.ReadAllBytes(path));
            return;
        }

        Assert.All(seeds, seed => Assert.True(Try(seed) is null, $"A sound input is refused: {Try(seed)}"));
        List<byte[]> pool = [.. seeds];
        HashSet<string> outcomes = [];
        Mutator mutator = new(FuzzSettings.Seed, words);
        Stopwatch clock = Stopwatch.StartNew();
        long count = 0;
        for (; count < FuzzSettings.Iterations && clock.Elapsed < FuzzSettings.Limit; count++)
        {
            byte[] input = mutator.Mutate(mutator.Pick(pool), mutator.Pick(pool));
            if (outcomes.Add(Outcome(Try(input))))
            {
                pool.Add(input);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name}: {count} inputs in {clock.Elapsed.TotalSeconds:F1} s, {outcomes.Count} outcomes"));
    }

    /// <summary>One input; what the reader said of it, null where it was content.</summary>
    private Exception? Try(byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Stopwatch clock = Stopwatch.StartNew();
        Exception? refused = null;
        using (Timer watchdog = new(_ => Hang(input), null, _patience, Timeout.InfiniteTimeSpan))
        {
            try
            {
                run(input);
            }
            catch (Exception exception) when (isDocumented(exception))
            {
                refused = exception;
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"{exception.GetType()} is not documented. {Kept(input)}\n{exception}");
            }
            catch (Exception exception)
            {
                Assert.Fail($"{exception.Message} {Kept(input)}");
            }
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(
            allocated <= AllowedBytes + (AllowedBytesPerByte * input.Length),
            $"{input.Length} bytes of input made the reader allocate {allocated} bytes. {Kept(input)}");
        return refused;
    }

    /// <summary>A reader that never returns cannot be stopped from outside: the process ends, with the input kept.</summary>
    private void Hang(byte[] input) =>
        Environment.FailFast($"'{name}' has not returned after {_patience.TotalSeconds} s. {Kept(input)}");

    /// <summary>Keeps an input for the developer, and says how to run it again.</summary>
    private string Kept(byte[] input)
    {
        string folder = Path.GetFullPath(Path.Combine(Golden.Folder, "..", "..", "artifacts", "fuzz", "managed"));
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"{name}-{Convert.ToHexStringLower(SHA256.HashData(input))[..12]}");
        File.WriteAllBytes(path, input);
        return $"The input is kept; run it again by: CHROMA_FUZZ_INPUT={path} dotnet test tests/Chroma.Fuzz.Tests -c Release --filter {name}";
    }

    /// <summary>What sets an outcome apart from others: the kind of exception and its sentence without what the input says in it.</summary>
    private static string Outcome(Exception? exception) =>
        exception is null ? "" : exception.GetType().Name + Particulars().Replace(exception.Message, "#");

    [GeneratedRegex(@"'[^']*'|""[^""]*""|\[[^\]]*\]|\d+|[^\x20-\x7E]+")]
    private static partial Regex Particulars();
}
