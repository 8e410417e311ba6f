using System.Text.RegularExpressions;

namespace Chroma.Interop;

/// <summary>Finds out of what the system's loader says which library is missing, and names the package that has it.</summary>
public static partial class MissingLibrary
{
    // Debian's packages; where a name is not here, Debian's rule for names is a good guess.
    private static readonly (string Library, string Package)[] _packages =
    [
        ("libgomp.so.1", "libgomp1"),
        ("libstdc++.so.6", "libstdc++6"),
        ("libgcc_s.so.1", "libgcc-s1"),
        ("libOpenCL.so.1", "ocl-icd-libopencl1"),
        ("libz.so.1", "zlib1g"),
        ("libbrotlidec.so.1", "libbrotli1"),
        ("libbrotlicommon.so.1", "libbrotli1"),
        ("libpng16.so.16", "libpng16-16"),
        ("libX11.so.6", "libx11-6"),
        ("libGL.so.1", "libgl1"),
        ("libGLX.so.0", "libglx0"),
        ("libEGL.so.1", "libegl1"),
        ("libcuda.so.1", "libcuda1"),
        ("libc.so.6", "libc6"),
        ("libm.so.6", "libc6"),
    ];

    /// <summary>What to install, as the end of a sentence.</summary>
    /// <param name="loaderMessage">The message of the exception with which a library did not load.</param>
    /// <returns>
    /// Such as <c>libdnnl.so.2 is missing: install libdnnl2 (Debian and Ubuntu), elsewhere the package that has libdnnl.so.2</c>; null where
    /// the message names no other library.
    /// </returns>
    public static string? Advice(string loaderMessage)
    {
        ArgumentNullException.ThrowIfNull(loaderMessage);
        Match version = SystemVersion().Match(loaderMessage);
        if (version.Success)
        {
            string needed = version.Groups["version"].Value.Replace('_', ' ');
            return $"this system is older than the one for which it was built ({needed} is needed): take a newer system, or build the library here";
        }

        string[] names = [.. Missing().Matches(loaderMessage).Select(match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal)];
        if (names.Length == 0)
        {
            return null;
        }

        string libraries = string.Join(" and ", names);
        string verb = names.Length == 1 ? "is" : "are";
        return $"{libraries} {verb} missing: install {string.Join(' ', names.Select(PackageOf).Distinct(StringComparer.Ordinal))} (Debian and Ubuntu), "
            + $"elsewhere the package that has {libraries}";
    }

    /// <summary>Debian's package of a library: the name and the version of its interface.</summary>
    private static string PackageOf(string library)
    {
        foreach ((string known, string package) in _packages)
        {
            if (library == known)
            {
                return package;
            }
        }

        string[] parts = library.Split(".so.", 2);
        string name = parts[0].ToLowerInvariant().Replace('_', '-');
        string version = parts.Length == 2 ? parts[1] : "";
        return version.Length > 0 && char.IsAsciiDigit(name[^1]) ? $"{name}-{version}" : name + version;
    }

    // glibc: "libx.so.1: cannot open shared object file"; musl: "Error loading shared library libx.so.1: No such file". A library that was asked for by
    // itself comes without a version, or with its path before it.
    [GeneratedRegex(@"(?<![\w/.+-])(?<name>lib[\w+-]+\.so\.[\w.]+)(: cannot open shared object file|: No such file or directory \(needed by)")]
    private static partial Regex Missing();

    [GeneratedRegex(@"version [`'](?<version>(GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found")]
    private static partial Regex SystemVersion();
}
