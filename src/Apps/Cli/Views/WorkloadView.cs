using Quorate.Cli.Common;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Queueing;
using Quorate.Engine.Place.Workloads;
using Spectre.Console;
using Output = Quorate.Cli.Common.Output;

namespace Quorate.Cli.Views;

/// <summary>One policy's figures on a trace. Seconds is what the replay itself took.</summary>
internal sealed record WorkloadRow(string Policy, int Jobs, int Rejected, double Utilisation, double MeanWaitS, double MeanBoundedSlowdown, double P95BoundedSlowdown, double Fairness, double MakespanS, double Seconds);

/// <summary>Policies side by side on one trace.</summary>
internal sealed record WorkloadView
{
    public required string Trace { get; init; }
    public required string Cluster { get; init; }
    public required int Jobs { get; init; }

    /// <summary>Between the first submission and the last.</summary>
    public required double Days { get; init; }

    /// <summary>Core-seconds asked for in that time beside those there are.</summary>
    public required double Load { get; init; }

    /// <summary>Lines of the trace that were passed over, by reason.</summary>
    public required IReadOnlyDictionary<string, int> Skipped { get; init; }
    public required IReadOnlyList<WorkloadRow> Policies { get; init; }

    public static WorkloadView Run(string trace, ClusterSpec cluster, IReadOnlyList<JobSpec> jobs, IReadOnlyDictionary<string, int> skipped, IReadOnlyList<QueuePolicy> policies, TimeProvider time, CancellationToken token)
    {
        var span = jobs.Max(j => j.SubmitS) - jobs.Min(j => j.SubmitS);
        var work = jobs.Sum(j => (double)(j.RuntimeS ?? j.WalltimeS) * j.CpuCores);
        return new WorkloadView
        {
            Trace = trace,
            Cluster = cluster.Name,
            Jobs = jobs.Count,
            Days = Math.Round(span / 86_400.0, 2),
            Load = span > 0 ? Math.Round(work / ((double)span * cluster.Agents.Sum(a => a.Nodes * a.Node.CpuCores)), 3) : 0,
            Skipped = skipped,
            Policies = [.. policies.Select(policy => Row(policy, cluster, jobs, time, token))],
        };
    }

    public void Show(Output output)
    {
        output.Line($"{Output.Safe(Trace)}: [bold]{Jobs:N0}[/] jobs over {Days:0.#} days on {Output.Safe(Cluster)}, load {Load:0.00}");
        foreach (var (reason, count) in Skipped)
        {
            output.Line($"[yellow]{count} lines passed over:[/] {Output.Safe(reason)}");
        }

        var table = new Table().Border(output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
        table.AddColumns("policy", "utilisation", "mean wait", "bounded slowdown", "its p95", "fairness", "rejected", "replayed in");
        foreach (var row in Policies)
        {
            table.AddRow(
                row.Policy, $"{row.Utilisation:P1}", $"{row.MeanWaitS:N0} s", $"{row.MeanBoundedSlowdown:N2}", $"{row.P95BoundedSlowdown:N2}", $"{row.Fairness:0.000}", $"{row.Rejected:N0}", $"{row.Seconds:0.00} s");
        }

        output.People.Write(table);
    }

    private static WorkloadRow Row(QueuePolicy policy, ClusterSpec cluster, IReadOnlyList<JobSpec> jobs, TimeProvider time, CancellationToken token)
    {
        var started = time.GetTimestamp();
        var m = WorkloadReplay.Run(cluster, jobs, new ReplayOptions { Queue = new QueueOptions { Policy = policy } }, token).Metrics;
        return new WorkloadRow(
            Names.Of(policy), m.Jobs, m.Rejected, Math.Round(m.Utilisation, 4), Math.Round(m.MeanWaitS, 1), Math.Round(m.MeanBoundedSlowdown, 3), Math.Round(m.P95BoundedSlowdown, 3), Math.Round(m.Fairness, 4), m.MakespanS,
            Math.Round(time.GetElapsedTime(started).TotalSeconds, 3));
    }
}
