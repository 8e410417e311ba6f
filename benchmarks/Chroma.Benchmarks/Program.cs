using BenchmarkDotNet.Running;
using Chroma.Benchmarks;

// What C# computes around the networks; `chroma bench` measures the networks. Options as BenchmarkDotNet has them: --filter '*Sampler*'.
BenchmarkSwitcher.FromTypes([typeof(SamplerBenchmarks), typeof(TokenizerBenchmarks), typeof(ImageBenchmarks)]).Run(args);
