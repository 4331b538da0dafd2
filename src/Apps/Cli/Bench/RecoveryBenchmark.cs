using Quorate.Cli.Common;
using Quorate.Cli.Demo;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Planning.Validation;

namespace Quorate.Cli.Bench;

/// <summary>The answer of <c>bench recovery</c>; milliseconds.</summary>
/// <param name="Rounds">Faults injected.</param>
/// <param name="Resolved">Those that ended resolved; only these count for RecoveryMs.</param>
/// <param name="WindowS">Seconds that each repair had to hold.</param>
/// <param name="RecoveryMs">Fault in effect to repair verified.</param>
/// <param name="DispatchMs">Monitor's observation to the first task of the replacement plan that it led to.</param>
/// <param name="ValidationMs">Validation of one committed plan.</param>
internal sealed record RecoveryBenchmarkResult(int Rounds, int Resolved, double WindowS, Spread? RecoveryMs, Spread? DispatchMs, Spread? ValidationMs);

/// <summary>Breaks the shop in turn with each fault that any account may inject, and measures the repairs; rulebook alone.</summary>
internal sealed class RecoveryBenchmark(Workspace workspace, DemoSite demo, TimeSpan window)
{
    private const int Validations = 200;
    private static readonly string[] Faults = ["crash", "db_conn_drift", "pause", "stop", "bad_upstream"];

    private readonly List<double> _dispatch = [];
    private readonly List<double> _validation = [];

    public async Task<RecoveryBenchmarkResult> RunAsync(int rounds, CancellationToken token)
    {
        await demo.Platform.UpAsync(null, token);
        var recovery = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var fault = Faults[round % Faults.Length];
            if (await RecoverAsync(fault, token) is { } ms)
            {
                recovery.Add(ms);
            }

            workspace.Output.Line($"  {round + 1}/{rounds} {fault}");
        }

        return new RecoveryBenchmarkResult(rounds, recovery.Count, window.TotalSeconds, Spread.Of(recovery), Spread.Of(_dispatch), Spread.Of(_validation));
    }

    private async Task<double?> RecoverAsync(string fault, CancellationToken token)
    {
        var injector = workspace.CreateInjector(demo.Platform, demo.Site);
        await injector.InjectAsync(fault, null, token);
        var began = workspace.Time.GetTimestamp();
        var engine = await workspace.CreateEngineAsync(demo.Site, demo.Platform, "rulebook", token, window);
        var result = await engine.RunAsync("something is broken, please look", new Watch(_dispatch), token);
        var ms = workspace.Time.GetElapsedTime(began).TotalMilliseconds;
        await injector.RevertAsync(null, token);
        foreach (var plan in result.Plans)
        {
            Validate(plan, demo.Site);
        }

        return result.Outcome == TriageOutcome.Resolved ? ms : null;
    }

    private void Validate(Plan plan, Site site)
    {
        for (var i = 0; i < Validations; i++)
        {
            var began = workspace.Time.GetTimestamp();
            _ = PlanValidator.Validate(plan, site, PlanLimits.Default);
            _validation.Add(workspace.Time.GetElapsedTime(began).TotalMilliseconds);
        }
    }

    /// <summary>Times from the first sight of a deviation, after the tasks of one plan, to the first task of the next.</summary>
    private sealed class Watch(List<double> dispatch) : ITriageObserver
    {
        private readonly Lock _gate = new();
        private double? _seenAt;
        private int _version;

        public void OnEvent(TriageEvent triageEvent)
        {
            lock (_gate)
            {
                switch (triageEvent)
                {
                    case TriageEvent.Observed or TriageEvent.Deviated or TriageEvent.Verified { Passed: false }:
                        _seenAt ??= triageEvent.AtMs;
                        break;
                    case TriageEvent.TaskFinished:
                        _seenAt = null;
                        break;
                    case TriageEvent.TaskStarted started when started.PlanVersion > _version:
                        if (_version > 0 && _seenAt is { } at)
                        {
                            dispatch.Add(started.AtMs - at);
                        }

                        _version = started.PlanVersion;
                        break;
                }
            }
        }

        public Task<bool> ConfirmAsync(Plan plan, IReadOnlyList<PlanTask> actions, CancellationToken cancellationToken) => Task.FromResult(true);

        public Task<string?> AskAsync(ClarifyingTask question, CancellationToken cancellationToken) => Task.FromResult<string?>(null);
    }
}
