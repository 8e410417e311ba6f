using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Chroma.Interop;

/// <summary>
/// Finds and loads libchroma. A package may carry several builds of it for different processors; the best one that this processor
/// runs is taken. When none loads, the error lists every path that was tried and why each failed.
/// </summary>
public static unsafe class ChromaLibrary
{
    /// <summary>The name under which the functions are imported.</summary>
    internal const string Name = "chroma";

    /// <summary>
    /// The environment variable that names a folder to take libchroma from, before any other place: for a build of one's own, such as one
    /// with CUDA or with sanitizers.
    /// </summary>
    public const string FolderVariable = "CHROMA_NATIVE_DIR";

    // Only registers where to look; loading, and whatever can fail, happens at the first call into the library.
#pragma warning disable CA2255 // a resolver must be in place before the first import is bound, and nothing else runs before that
    [ModuleInitializer]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(ChromaLibrary).Assembly, Resolve);
#pragma warning restore CA2255

    /// <summary>The version of the native library, such as <c>0.1.0</c>.</summary>
    /// <exception cref="DllNotFoundException">The library is nowhere to be found; the message lists the paths tried.</exception>
    public static string Version => Marshal.PtrToStringUTF8((nint)ChromaNative.chroma_version()) ?? "";

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Name)
        {
            return 0;
        }

        List<string> tried = [];
        string? advice = null;
        foreach (string path in CandidatePaths())
        {
            if (!File.Exists(path))
            {
                tried.Add($"{path} (no such file)");
                continue;
            }

            try
            {
                return CheckVersion(NativeLibrary.Load(path), path);
            }
            catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
            {
                tried.Add($"{path} ({error.Message.ReplaceLineEndings(" ").Trim()})");
                advice ??= MissingLibrary.Advice(error.Message) is string missing
                    ? $"The native library of Chroma for .NET, {path}, can't be loaded, because {missing}."
                    : null;
            }
        }

        // A folder that somebody named is meant: another library in its place would be a surprise.
        string? chosen = Environment.GetEnvironmentVariable(FolderVariable);
        if (string.IsNullOrEmpty(chosen) && NativeLibrary.TryLoad(Name, assembly, searchPath, out nint found))
        {
            return CheckVersion(found, "the system's library path");
        }

        throw new DllNotFoundException(advice ??
            $"The native library of Chroma for {RuntimeInformation.RuntimeIdentifier} was not found. Reference the package Chroma.Native, " +
            $"or set {FolderVariable} to the folder that holds {FileName(Name)}. Tried: {string.Join("; ", tried)}{(string.IsNullOrEmpty(chosen) ? $"; {Name} on the system's library path" : "")}.");
    }

    private static nint CheckVersion(nint library, string path)
    {
        var abiVersion = (delegate* unmanaged[Cdecl]<uint>)NativeLibrary.GetExport(library, nameof(ChromaNative.chroma_abi_version));
        uint found = abiVersion();
        return found == ChromaNative.CHROMA_ABI_VERSION
            ? library
            : throw new DllNotFoundException(
                $"The native library at {path} has ABI version {found}, but this assembly was made for {ChromaNative.CHROMA_ABI_VERSION}: " +
                "the packages Chroma.Native and Chroma.Interop must have the same version.");
    }

    private static IEnumerable<string> CandidatePaths()
    {
        string[] names = [.. BuildNames().Select(FileName)];
        string? chosen = Environment.GetEnvironmentVariable(FolderVariable);
        IEnumerable<string> folders = string.IsNullOrEmpty(chosen) ? DefaultFolders() : [chosen];
        return from folder in folders.Distinct() from file in names select Path.Combine(folder, file);
    }

    private static IEnumerable<string> DefaultFolders()
    {
        yield return AppContext.BaseDirectory;
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", PortableRuntimeIdentifier(), "native");

        // Where the host unpacked or found the packages' natives.
        string? searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string;
        foreach (string folder in (searched ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            yield return folder;
        }
    }

    // Builds of a portable package, best first; then the plain one, which every package has.
    private static IEnumerable<string> BuildNames()
    {
        if (Avx512BW.VL.IsSupported && Avx512Vbmi.IsSupported && HasAvx512Vnni())
        {
            yield return "chroma-v4";
        }

        if (Avx2.IsSupported && Fma.IsSupported && Bmi2.IsSupported)
        {
            yield return "chroma-v3";
        }

        yield return Name;
    }

    // Leaf 7 of CPUID, bit 11 of ECX; the runtime has no class for it.
    private static bool HasAvx512Vnni() => (X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0;

    private static string FileName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    private static string PortableRuntimeIdentifier()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        string architecture = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "x64",
            Architecture.X86 => "x86",
            Architecture.Arm64 => "arm64",
            Architecture.Arm => "arm",
            Architecture other => other.ToString(),
        };
        return $"{system}-{architecture}";
    }
}
