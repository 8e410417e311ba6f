using System.Text;
using Xunit;

namespace Chroma.Testing;

/// <summary>What a run of the command left.</summary>
/// <param name="ExitCode">Its exit code; 128 and more is a signal, 134 an abort.</param>
/// <param name="Bytes">What went to standard output.</param>
/// <param name="Error">What went to standard error.</param>
public sealed record ChromaResult(int ExitCode, byte[] Bytes, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Output => Encoding.UTF8.GetString(Bytes);

    /// <summary>Asserts that all went well and nothing was said.</summary>
    public ChromaResult Fine()
    {
        Assert.True(ExitCode == 0 && Error.Length == 0, $"exit {ExitCode}: {Error}");
        return this;
    }

    /// <summary>Asserts an exit code and one sentence on standard error that has these words.</summary>
    /// <param name="exitCode">The exit code.</param>
    /// <param name="words">What the sentence says.</param>
    public ChromaResult Ends(int exitCode, params string[] words)
    {
        Assert.True(ExitCode == exitCode, $"exit {ExitCode}, expected {exitCode}: {Error}");
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        if (words.Length > 0)
        {
            Assert.Single(Error.TrimEnd('\n').Split('\n'));
            Assert.All(words, word => Assert.Contains(word, Error, StringComparison.Ordinal));
        }

        return this;
    }
}
