// The build of Chroma for .NET, native and managed. ./build.sh runs it with the pinned cake.tool.
//   --target         Default, Test, NativeTest, Demo, Bindings, Pack, Format, Lint, Clean, Asan, Leaks, Tsan, Fuzz
//   --ggml-dir=DIR   build this ggml checkout instead of the pinned one (also: the environment variable CHROMA_GGML_DIR)
//   --cmake="..."    more options for CMake, such as -DGGML_CUDA=ON
//   --seconds=N      how long each fuzz target runs (build/fuzz.cake)
//   --portable       packages that run on any x86-64 processor: one native library per level, chosen when it is loaded

using System.Runtime.InteropServices;
using System.Xml.Linq;

var target = Argument("target", "Default");
var ggmlDir = Argument("ggml-dir", EnvironmentVariable("CHROMA_GGML_DIR") ?? "");
var cmakeOptions = Argument("cmake", "");
var portable = HasArgument("portable");

var artifacts = MakeAbsolute(Directory("artifacts"));
var results = artifacts.Combine("test-results");
var packages = artifacts.Combine("packages");
var rid = $"{(IsRunningOnWindows() ? "win" : IsRunningOnMacOs() ? "osx" : "linux")}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
var nativeOutput = artifacts.Combine("native").Combine(rid);
var libraryPattern = IsRunningOnWindows() ? "*.dll" : IsRunningOnMacOs() ? "*.dylib" : "*.so";

void Run(string tool, string arguments, string folder = null, IDictionary<string, string> environment = null)
{
    var settings = new ProcessSettings { Arguments = arguments, WorkingDirectory = folder ?? ".", EnvironmentVariables = environment };
    var code = StartProcess(tool, settings);
    if (code != 0)
    {
        throw new CakeException($"{tool} {arguments} ended with exit code {code}.");
    }
}

// Configures and builds one CMake preset; returns the folder of the library.
DirectoryPath BuildNative(string preset, string extra = "", string folder = null)
{
    var build = folder ?? $"build/{preset}";
    var ggml = ggmlDir.Length > 0 ? $"\"-DCHROMA_GGML_DIR={MakeAbsolute(Directory(ggmlDir))}\"" : "";
    Run("cmake", $"--preset {preset} -B {build} {ggml} {extra} {cmakeOptions}", "native");
    Run("cmake", $"--build {build}", "native");
    return MakeAbsolute(Directory($"native/{build}/lib"));
}

#load "build/fuzz.cake"

Task("Native").Does(() =>
{
    var library = BuildNative("release");
    CleanDirectory(nativeOutput);
    CopyFiles($"{library}/{libraryPattern}", nativeOutput);
});

// The programs of native/tests, built with a preset and run.
void TestNative(string preset, string extra = "")
{
    BuildNative(preset, extra);
    Run("ctest", $"--test-dir build/{preset} --output-on-failure --no-tests=error", "native");
}

Task("NativeTest").Does(() => TestNative("release", "-DCHROMA_TESTS=ON"));

// What a call takes it gives back, however it ends: the native tests under LeakSanitizer, as .NET gives nothing back at exit.
Task("Leaks").Does(() => TestNative("asan"));

// The native tests under ThreadSanitizer.
Task("Tsan").Does(() => TestNative("tsan"));

Task("Managed").IsDependentOn("Native").Does(() =>
{
    Run("dotnet", "build Chroma.sln -c Release --nologo -v minimal");
    Run("dotnet", $"publish src/Chroma.Cli -c Release --no-build --nologo -v quiet -o {artifacts.Combine("bin")}");
});

Task("Default").IsDependentOn("Managed").Does(() =>
    Information($"The command is {artifacts.Combine("bin").CombineWithFilePath("chroma")}"));

Task("Bindings").Does(() => Run("dotnet", "run --project tools/Chroma.BindingGenerator -- ."));

Task("CheckBindings").Does(() => Run("dotnet", "run --project tools/Chroma.BindingGenerator -- . --check"));

Task("Pack").IsDependentOn("Managed").Does(() =>
{
    CleanDirectory(packages);
    if (portable)
    {
        // The plain library has the x86-64 baseline with SSE4.2; the others are taken by processors that can run them.
        foreach (var level in new[] { "v2", "v3", "v4" })
        {
            var library = BuildNative("portable", $"-DCHROMA_CPU_LEVEL={level}", $"build/portable-{level}");
            var name = level == "v2" ? "libchroma.so" : $"libchroma-{level}.so";
            CopyFile(library.CombineWithFilePath("libchroma.so"), nativeOutput.CombineWithFilePath(name));
        }

        CopyOneDnn(nativeOutput.CombineWithFilePath("libchroma.so"));
    }

    Run("dotnet", $"pack Chroma.sln -c Release --no-build --nologo -v quiet -o {packages}");
});

// Other machines need not have oneDNN, so it goes beside the library that was linked with it.
void CopyOneDnn(FilePath library)
{
    foreach (var line in RunAndRead("ldd", library.FullPath))
    {
        var parts = line.Split("=>", StringSplitOptions.TrimEntries);
        if (parts.Length == 2 && (parts[0].StartsWith("libdnnl.") || parts[0].StartsWith("libOpenCL.")))
        {
            CopyFile(parts[1].Split(' ')[0], library.GetDirectory().CombineWithFilePath(parts[0]));
        }
    }
}

Task("Demo").IsDependentOn("Managed").Does(() =>
{
    var demo = artifacts.Combine("demo");
    EnsureDirectoryExists(demo);
    Run(artifacts.Combine("bin").CombineWithFilePath("chroma").FullPath,
        $"generate --prompt \"a red circle on a blue background\" --seed 1 --output {demo.CombineWithFilePath("circle.png")}");
    Run("dotnet", $"run --project samples/ContactSheet -c Release --no-build -- {demo.CombineWithFilePath("contact-sheet.png")}");
});

Task("Test").IsDependentOn("CheckBindings").IsDependentOn("Pack").IsDependentOn("NativeTest").IsDependentOn("FuzzQuick").Does(() =>
{
    CleanDirectory(results);
    var failed = new List<string>();
    foreach (var project in GetFiles("tests/*.Tests/*.csproj"))
    {
        var name = project.GetFilenameWithoutExtension().ToString();
        var code = StartProcess("dotnet", new ProcessSettings
        {
            Arguments = $"test {project} -c Release --no-build --nologo --logger \"trx;LogFileName={name}.trx\" --results-directory {results}",
        });
        if (code != 0)
        {
            failed.Add(name);
        }
    }

    XNamespace trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
    var counters = GetFiles($"{results}/*.trx").SelectMany(f => XDocument.Load(f.FullPath).Descendants(trx + "Counters")).ToList();
    int Sum(string attribute) => counters.Sum(c => (int)c.Attribute(attribute)!);
    int passed = Sum("passed") + fuzzPassed.Count, executed = Sum("executed") + fuzzPassed.Count + fuzzFailed.Count;
    int skipped = Sum("total") - Sum("executed");
    failed.AddRange(fuzzFailed);
    Console.WriteLine($"{passed} passed, {executed - passed} failed{(skipped > 0 ? $", {skipped} skipped" : "")}");
    if (failed.Count > 0 || executed == 0)
    {
        throw new CakeException($"Tests failed in: {string.Join(", ", failed)}");
    }
});

// The layer tests once more, with the native side under AddressSanitizer and UndefinedBehaviorSanitizer.
Task("Asan").IsDependentOn("Managed").IsDependentOn("Leaks").Does(() =>
{
    var library = BuildNative("asan");
    string Runtime(string name) => string.Join("", RunAndRead("g++", $"-print-file-name={name}")).Trim();
    // The test program itself: under `dotnet test` the sanitizers would watch the SDK's processes too.
    var tests = GetFiles("tests/Chroma.Layers.Tests/bin/Release/*/Chroma.Layers.Tests.dll").Single();
    Run("dotnet", $"exec {tests}", null, new Dictionary<string, string>
    {
        ["CHROMA_NATIVE_DIR"] = library.FullPath,
        ["LD_PRELOAD"] = $"{Runtime("libasan.so")} {Runtime("libubsan.so")}",
        // .NET handles its own faults, and frees nothing of its own at exit.
        ["ASAN_OPTIONS"] = "handle_segv=0:detect_leaks=0:allow_user_segv_handler=1:abort_on_error=1",
        ["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1",
    });
});

IEnumerable<string> RunAndRead(string tool, string arguments)
{
    StartProcess(tool, new ProcessSettings { Arguments = arguments, RedirectStandardOutput = true }, out var lines);
    return lines;
}

Task("Format").Does(() =>
{
    Run("bash", "-c \"find src ggml tests include -name '*.h' -o -name '*.cpp' | grep -v chroma.h | xargs clang-format -i\"", "native");
    Run("dotnet", "format Chroma.sln");
});

// Says what Format would change, and what clang-tidy finds.
Task("Lint").IsDependentOn("NativeTest").Does(() =>
{
    Run("bash", "-c \"find src ggml tests -name '*.h' -o -name '*.cpp' | xargs clang-format --dry-run -Werror\"", "native");
    // clang-tidy takes omp.h from GCC where clang has none of its own, without the attributes that only GCC knows.
    var openMp = "--extra-arg=-idirafter$(g++ -print-file-name=include) '--extra-arg=-D__malloc__(free)='";
    var tidy = $"clang-tidy -p build/release --quiet --extra-arg=-Wno-unknown-warning-option {openMp}";
    Run("bash", $"-c \"find src ggml tests -name '*.cpp' | xargs -P $(nproc) -n 4 {tidy}\"", "native");
    Run("dotnet", "format Chroma.sln --verify-no-changes");
});

Task("Clean").Does(() =>
{
    CleanDirectory(artifacts);
    CleanDirectory("native/build");
    foreach (var folder in GetDirectories("{src,tests,tools,samples,benchmarks}/*/{bin,obj}"))
    {
        DeleteDirectory(folder, new DeleteDirectorySettings { Recursive = true, Force = true });
    }
});

RunTarget(target);
