using System.Globalization;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Engine.Triage.Planning.Rules;
using Quorate.Harness.Records;
using Quorate.Harness.Runs;

namespace Quorate.Cli.Evaluation;

/// <summary>What <c>harness replay</c> does.</summary>
internal static class HarnessReplay
{
    public static async Task<int> RunAsync(Workspace workspace, string folder, CancellationToken token)
    {
        var folders = RecordFolder.Find(folder);
        if (folders.Count == 0)
        {
            throw QuorateException.Input("record_missing", $"{folder} holds no complete record", "quorate harness run SCENARIO --record DIR writes records");
        }

        var replay = new Replay(RulebookLoader.Load(workspace.Config.Triage.Rules), RulesVersion.Of(workspace.Config.Triage.Rules), workspace.Time);
        var results = new List<ReplayResult>();
        foreach (var record in folders)
        {
            token.ThrowIfCancellationRequested();
            results.Add(await replay.RunAsync(record, token));
        }

        var identical = results.Count(r => r.Identical);
        var (real, took) = (results.Sum(r => r.RealMs), results.Sum(r => r.ReplayMs));
        var speed = took > 0 ? Math.Round(real / took, 1) : 0;
        workspace.Output.Result(new { records = results.Count, identical, speed, real_ms = real, replay_ms = took, runs = results }, _ =>
        {
            foreach (var different in results.Where(r => !r.Identical))
            {
                workspace.Output.Line($"[red]{Output.Safe(different.Run)}[/]: {Output.Safe(different.Difference!)}");
            }

            var times = speed.ToString("0.0", CultureInfo.InvariantCulture);
            workspace.Output.Line($"[{(identical == results.Count ? "green" : "red")}]{identical} of {results.Count} records are identical[/]; {times} × real time");
        });
        return identical == results.Count ? ExitCodes.Done : ExitCodes.Negative;
    }
}
