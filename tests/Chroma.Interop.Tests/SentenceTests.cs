using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace Chroma.Interop.Tests;

/// <summary>chroma_last_error() is UTF-8, whatever the strings are that it quotes.</summary>
public sealed unsafe class SentenceTests
{
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    [Fact]
    public void A_sentence_that_quotes_bytes_that_are_no_text_is_text()
    {
        ReadOnlySpan<byte> bytes = [(byte)'x', 0xFF, 0xC3, 0];
        fixed (byte* notText = bytes)
        {
            chroma_engine_options options = new() { struct_size = (uint)sizeof(chroma_engine_options), device = notText };
            chroma_engine* engine;
            Assert.Equal(chroma_status.CHROMA_ERROR_INVALID_ARGUMENT, ChromaNative.chroma_engine_create(&options, &engine));
            Assert.Contains("'x\uFFFD\uFFFD'", LastError(), StringComparison.Ordinal);

            chroma_type type;
            Assert.Equal(chroma_status.CHROMA_ERROR_INVALID_ARGUMENT, ChromaNative.chroma_type_parse(notText, &type));
            Assert.Contains("'x\uFFFD\uFFFD'", LastError(), StringComparison.Ordinal);

            chroma_weights* weights;
            Assert.Equal(chroma_status.CHROMA_ERROR_IO, ChromaNative.chroma_weights_open(notText, &weights));
            Assert.Contains("x\uFFFD\uFFFD", LastError(), StringComparison.Ordinal);
        }
    }

    private static string LastError() => _strict.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(ChromaNative.chroma_last_error()));
}
