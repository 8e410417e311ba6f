using Spectre.Console;

namespace Chroma.Cli.Commands.Shared;

/// <summary>What is being done, and how much of it is done, 0 to 1.</summary>
internal readonly record struct WorkState(string What, double Fraction);

/// <summary>Shows a progress bar on the error stream while work runs; nothing where that is not a terminal.</summary>
internal static class ProgressBar
{
    /// <summary>Runs the work and gives its result.</summary>
    public static async Task<TResult> RunAsync<TResult>(Func<IProgress<WorkState>, Task<TResult>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return await work(new SynchronousReport<WorkState>(static _ => { }));
        }

        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await terminal.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask("starting", maxValue: 1);
                return await work(new SynchronousReport<WorkState>(state =>
                {
                    task.Description = Markup.Escape(state.What);
                    task.Value = state.Fraction;
                }));
            });
    }
}

/// <summary>Passes reports on at once; <see cref="Progress{T}"/> would post them to the pool, where they lose their order.</summary>
internal sealed class SynchronousReport<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
