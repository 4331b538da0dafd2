using Spectre.Console;

namespace Quorate.Cli.Common;

/// <summary>A bar for long work on a terminal.</summary>
internal static class Progress
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);

    /// <summary>Shows the bar until the work ends, however it ends.</summary>
    public static Task ShowAsync(Workspace workspace, string title, long total, Func<long> done, Task work) =>
        workspace.Output.People.Progress().AutoClear(enabled: true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Output.Safe(title), maxValue: total);
                while (await Task.WhenAny(work, Task.Delay(Redraw, workspace.Time, CancellationToken.None)) != work)
                {
                    bar.Value = done();
                }
            });
}
