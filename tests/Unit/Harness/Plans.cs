using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Planning;
using Quorate.Harness.Records;
using Quorate.Harness.Scenarios;
using Quorate.Harness.Sites;

namespace Quorate.Tests.Unit.Harness;

/// <summary>Plans and evidence as tests need them.</summary>
internal static class Plans
{
    public static Plan Chain(int version, params string[] types) => new()
    {
        PlanId = $"plan-{version}",
        RootGoal = "find it",
        CreatedAt = DateTimeOffset.UnixEpoch,
        PlanVersion = version,
        Tasks = [.. types.Select((type, i) => new PlanTask { TaskId = $"t{i + 1}", Type = type, Target = "api", Dependencies = i == 0 ? [] : [$"t{i}"], AssignedTo = TaskCatalog.Types[type].Agent })],
    };

    public static Plan Flat(int version, params string[] types)
    {
        var chain = Chain(version, types);
        return chain with { Tasks = [.. chain.Tasks.Select(t => t with { Dependencies = [] })] };
    }

    public static TaskTrace Ran(int version, string taskId, string status = "OK") => new(version, taskId, true, status, status == "OK", "", 0, 1);

    public static TaskTrace Unstarted(int version, string taskId) => new(version, taskId, false, "SKIPPED", false, "", null, null);

    public static PlanProposal Proposal(Plan plan) => new() { Kind = ProposalKind.Plan, Plan = plan, Origin = "rulebook", DecisionTag = DecisionTag.Deterministic, Rationale = "because" };

    /// <summary>
    /// Broken at 1 s, seen at 1.2 s, triage from 1.3 to 5 s, repaired by one restart that ended at 2 s; the oracle looked every
    /// half second and saw it healthy from 2.1 s to 6.6 s.
    /// </summary>
    public static RunEvidence Repaired(bool fault = true) => new()
    {
        Header = new RunHeader
        {
            Seed = 1,
            Repetition = 1,
            Arm = "rulebook",
            Noise = 0,
            Platform = "process",
            IncidentText = "broken",
            Disturbances = [],
            Versions = new Dictionary<string, string>(),
            StartedAt = DateTimeOffset.UnixEpoch,
            DurationMs = 10_000,
        },
        Scenario = new Scenario
        {
            Name = "crash",
            Summary = "It crashes.",
            Site = "compose.yml",
            Platform = ["process"],
            Incidents = ["broken"],
            Faults = fault ? [new ScenarioFault("crash", "api", 1)] : [],
            Expected = fault ? new Expectation("api", ["crash"]) : null,
        },
        Incident = new IncidentTrace
        {
            InjectedMs = fault ? 1_000 : null,
            TriggerMs = fault ? 1_200 : null,
            TriageBeganMs = 1_300,
            TriageEndedMs = 5_000,
            Commits = [new PlanCommit(0, 1, 1_500)],
            ActionsEndedMs = fault ? [2_000] : [],
            Tasks = [Ran(1, "t1")],
            RootService = "api",
            RootCause = "The API crashed.",
        },
        Oracle = new OracleTrace
        {
            Readings =
            [
                new Reading(500, 600, []),
                new Reading(1_100, 1_200, ["api: stopped"]),
                new Reading(1_600, 1_700, ["api: stopped"]),
                .. Enumerable.Range(0, 10).Select(i => new Reading(2_100 + (i * 500), 2_200 + (i * 500), [])),
            ],
        },
    };

    public static IReadOnlyList<PlanProposal> Proposals(RunEvidence evidence) =>
        [Proposal(evidence.Scenario.Faults.Count > 0 ? Chain(1, "restart") : Chain(1, "check_health"))];
}
