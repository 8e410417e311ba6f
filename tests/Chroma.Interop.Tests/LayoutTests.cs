using System.Runtime.InteropServices;
using Chroma.Interop;
using Xunit;

namespace Chroma.Interop.Tests;

public sealed unsafe class LayoutTests
{
    [Fact]
    public void Managed_structs_and_enums_have_the_layout_that_the_C_compiler_gave_them()
    {
        chroma_layout_entry* entries;
        int count;
        ChromaNative.chroma_layout(&entries, &count).ThrowIfFailed();
        Dictionary<string, long> native = [];
        for (int i = 0; i < count; i++)
        {
            native.Add(Marshal.PtrToStringUTF8((nint)entries[i].name)!, entries[i].value);
        }

        Dictionary<string, long> managed = ChromaManagedLayout.Entries().ToDictionary(e => e.Name, e => e.Value);

        Assert.NotEmpty(native);
        Assert.Equal(native.OrderBy(e => e.Key, StringComparer.Ordinal), managed.OrderBy(e => e.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void The_library_has_the_ABI_version_of_the_bindings() =>
        Assert.Equal((uint)ChromaNative.CHROMA_ABI_VERSION, ChromaNative.chroma_abi_version());

    [Fact]
    public void The_last_error_is_a_sentence_about_the_last_failure_of_this_thread()
    {
        chroma_status status = ChromaNative.chroma_layout(null, null);

        ChromaException error = Assert.Throws<ChromaException>(() => status.ThrowIfFailed());

        Assert.Equal(chroma_status.CHROMA_ERROR_INVALID_ARGUMENT, error.Status);
        Assert.Equal("The argument 'entries' is NULL.", error.Message);
    }
}
