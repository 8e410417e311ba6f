using Chroma.Interop;
using Xunit;

namespace Chroma.Interop.Tests;

public sealed class MissingLibraryTests
{
    [Theory]
    [InlineData("libdnnl.so.2: cannot open shared object file: No such file or directory", "libdnnl2")]
    [InlineData("libfontconfig.so.1: cannot open shared object file: No such file or directory", "libfontconfig1")]
    [InlineData("libgcc_s.so.1: cannot open shared object file: No such file or directory", "libgcc-s1")]
    [InlineData("libOpenCL.so.1: cannot open shared object file: No such file or directory", "ocl-icd-libopencl1")]
    [InlineData("libpng16.so.16: cannot open shared object file: No such file or directory", "libpng16-16")]
    [InlineData("Error loading shared library libfreetype.so.6: No such file or directory (needed by /app/libSkiaSharp.so)", "libfreetype6")]
    public void The_library_and_its_package_are_named(string message, string package) =>
        Assert.Contains($"install {package} (Debian and Ubuntu)", MissingLibrary.Advice(message), StringComparison.Ordinal);

    [Fact]
    public void Among_the_places_that_were_tried_the_missing_one_is_found()
    {
        const string message = """
            Unable to load shared library 'libSkiaSharp' or one of its dependencies.
            libfontconfig.so.1: cannot open shared object file: No such file or directory
            /app/liblibSkiaSharp.so: cannot open shared object file: No such file or directory
            libSkiaSharp.so: cannot open shared object file: No such file or directory
            libSkiaSharp: cannot open shared object file: No such file or directory
            """;

        Assert.Equal(
            "libfontconfig.so.1 is missing: install libfontconfig1 (Debian and Ubuntu), elsewhere the package that has libfontconfig.so.1",
            MissingLibrary.Advice(message));
    }

    [Theory]
    [InlineData("/app/libchroma.so: invalid ELF header")]
    [InlineData("/app/libSkiaSharp.so: cannot open shared object file: No such file or directory")]
    [InlineData("")]
    public void Where_no_other_library_is_named_nothing_is_said(string message) => Assert.Null(MissingLibrary.Advice(message));

    [Fact]
    public void A_system_that_is_too_old_is_told() => Assert.Contains(
        "GLIBC 2.38", MissingLibrary.Advice("/lib/x86_64-linux-gnu/libm.so.6: version `GLIBC_2.38' not found (required by /app/libchroma.so)"), StringComparison.Ordinal);
}
