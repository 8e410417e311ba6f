// The fuzzers: native/fuzz by libFuzzer, and tests/Chroma.Fuzz.Tests. docs/robustness.md says what they promise.
//   --seconds=N      how long each target runs: 17 in the test run, so that all native ones take two minutes

var fuzzSeconds = Argument("seconds", 17);
var fuzzFolder = artifacts.Combine("fuzz");
var fuzzPassed = new List<string>();
var fuzzFailed = new List<string>();

// Only on Linux, and where clang has its runtime: Apple's comes without libFuzzer, and Windows's lacks a sanitizer.
bool CanFuzz() =>
    IsRunningOnLinux() && GetFiles(RunAndRead("clang", "-print-resource-dir").Single().Trim() + "/lib/*/libclang_rt.fuzzer*").Count > 0;

// Every target of native/fuzz. `fixedSeed`: the same inputs in the same order each time, and nothing kept for the next run.
void FuzzNative(bool fixedSeed)
{
    BuildNative("fuzz");
    var bin = MakeAbsolute(Directory("native/build/fuzz/bin"));
    var seeds = fuzzFolder.Combine("seeds");
    CleanDirectory(seeds);
    Run(bin.CombineWithFilePath("write_seeds").FullPath, seeds.FullPath);
    foreach (var program in GetFiles($"{bin}/fuzz_*").OrderBy(file => file.FullPath, StringComparer.Ordinal))
    {
        var name = program.GetFilename().ToString();
        var corpus = fuzzFolder.Combine(fixedSeed ? "scratch" : "corpus").Combine(name);
        var crashes = fuzzFolder.Combine("crashes").Combine(name);
        var log = fuzzFolder.CombineWithFilePath(name + ".log");
        if (fixedSeed)
        {
            CleanDirectory(corpus);
        }

        EnsureDirectoryExists(corpus);
        EnsureDirectoryExists(crashes);
        var inputs = new[] { corpus, seeds.Combine(name["fuzz_".Length..]), MakeAbsolute(Directory($"native/fuzz/regressions/{name}")) };
        var limits = $"-max_total_time={fuzzSeconds} -timeout=60 -rss_limit_mb=3000 -malloc_limit_mb=1500 -max_len=16384 -seed={(fixedSeed ? 1 : 0)}";
        var code = StartProcess("bash", new ProcessSettings
        {
            Arguments = $"-c \"{program} {limits} -print_final_stats=1 -artifact_prefix={crashes}/ {string.Join(" ", inputs.Where(DirectoryExists))} > {log} 2>&1\"",
            EnvironmentVariables = new Dictionary<string, string> { ["UBSAN_OPTIONS"] = "print_stacktrace=1" },
        });
        ReportFuzzing(name, program, log, code);
    }
}

void ReportFuzzing(string name, FilePath program, FilePath log, int code)
{
    // The log of a target holds bytes of its inputs.
    var lines = System.IO.File.ReadAllLines(log.FullPath, System.Text.Encoding.Latin1);
    string Last(string mark) => lines.LastOrDefault(line => line.Contains(mark))?.Split(mark)[1].Trim().Split(' ')[0] ?? "?";
    Console.WriteLine($"{name}: {Last("stat::number_of_executed_units:")} inputs, {Last(" cov: ")} edges covered, {Last(" corp: ")} inputs kept");
    (code == 0 ? fuzzPassed : fuzzFailed).Add(name);
    if (code != 0)
    {
        foreach (var line in lines.Where(line => line.StartsWith("BROKEN PROMISE") || line.Contains("ERROR: ") || line.Contains("runtime error:") || line.StartsWith("SUMMARY")))
        {
            Console.WriteLine(line);
        }

        Console.WriteLine($"{name} failed ({log}). To see it again: {program} {Last("Test unit written to ")}");
    }
}

// Managed readers for as long; without --seconds they run in the ordinary test run, with a fixed number of inputs.
void FuzzManaged()
{
    var code = StartProcess("dotnet", new ProcessSettings
    {
        Arguments = "test tests/Chroma.Fuzz.Tests -c Release --no-build --nologo --logger \"console;verbosity=detailed\"",
        EnvironmentVariables = new Dictionary<string, string>
        {
            ["CHROMA_FUZZ_SECONDS"] = fuzzSeconds.ToString(),
            ["CHROMA_FUZZ_SEED"] = DateTime.UtcNow.Ticks.ToString(),
        },
    });
    (code == 0 ? fuzzPassed : fuzzFailed).Add("Chroma.Fuzz.Tests");
}

Task("FuzzQuick").WithCriteria(CanFuzz).Does(() => FuzzNative(fixedSeed: true));

Task("Fuzz").IsDependentOn("Managed").Does(() =>
{
    if (CanFuzz())
    {
        FuzzNative(fixedSeed: false);
    }

    FuzzManaged();
    if (fuzzFailed.Count > 0)
    {
        throw new CakeException($"Fuzzing failed in: {string.Join(", ", fuzzFailed)}");
    }
});
