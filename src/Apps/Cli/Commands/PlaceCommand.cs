using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Messaging;
using Quorate.Cli.Placing;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Storage.Certificates;

namespace Quorate.Cli.Commands;

/// <summary>Places jobs on a cluster by agreement of its agents.</summary>
internal static class PlaceCommand
{
    private const int SingleUpTo = 100;
    private const int Many = 16;

    private static readonly Argument<string[]> JobFiles = new("jobfile") { Description = "Jobs: JSON as docs/schemas/job.json says; one or more files.", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string> Cluster = new("--cluster") { Description = "The agents and their nodes: JSON as docs/schemas/cluster.json says.", Required = true, HelpName = "FILE" };
    private static readonly Option<string> Protocol = new("--protocol") { Description = "How pools are chosen: consensus (by fit), auction, or hierarchy. The agents decide in each case.", DefaultValueFactory = _ => PlacementOptions.Consensus };
    private static readonly Option<string?> Faults = new("--faults") { Description = "Faults to inject into the agents: JSON as docs/schemas/agent-faults.json says.", HelpName = "FILE" };
    private static readonly Option<string> Backend = new("--backend") { Description = "Where jobs run: simulated (in virtual time) or slurm.", DefaultValueFactory = _ => PlacementBackends.Simulated };
    private static readonly Option<string?> Model = new("--model") { Description = "Member of the panel that votes for agents without a model of their own (default: they vote by rules).", HelpName = "NAME" };
    private static readonly Option<int?> Batch = NumberOptions.OptionalWhole("--batch", $"Jobs decided together (default: 1 for up to {SingleUpTo} jobs, else {Many}).", 1, PlacementRecord.MaxProposals);
    private static readonly Option<double> Timeout = NumberOptions.Number("--timeout", "Seconds that a round may take.", 30, 0.001, 600);
    private static readonly Option<bool> Detach = new("--detach") { Description = "End when all jobs are placed, not when all have ended." };
    private static readonly Option<bool> Explain = new("--explain") { Description = "Show each prompt, answer, how it was read, and every vote; with --json they are in the document." };
    private static readonly Option<string?> Certificates = new("--certificates") { Description = "Write each placement's certificate and the keys that check it to this folder.", HelpName = "DIR" };
    private static readonly Option<string?> Broker = BrokerAddress.CreateOption();
    private static readonly Option<int> Seed = NumberOptions.Seed("Of the faults.");

    public static Command Create()
    {
        var command = new Command("place", "Place jobs on a cluster: agents vote, a quorum decides, nodes are never over-committed, every placement has a certificate (exit 1 if a job was not placed).")
        {
            JobFiles, Cluster, Protocol, Faults, Backend, Model, Batch, Timeout, Detach, Explain, Certificates, Broker, Seed,
        };
        Protocol.AcceptOnlyFromAmong([.. PlacementOptions.Protocols]);
        Backend.AcceptOnlyFromAmong(PlacementBackends.Simulated, PlacementBackends.Slurm);
        command.SetAction((parse, token) => Workspace.RunAsync(parse, workspace => RunAsync(workspace, parse, token)));
        return command.WithExamples(
            "quorate place lab/workloads/jobs-30.json --cluster lab/clusters/five-agents.json",
            "quorate place lab/workloads/jobs-30.json --cluster lab/clusters/five-agents.json --faults lab/faults/agents.json --seed 7 --explain",
            "quorate place job.json --cluster cluster.json --backend slurm --certificates ./proofs",
            "quorate place job.json --cluster cluster.json --broker amqp://127.0.0.1:5672/");
    }

    private static async Task<int> RunAsync(Workspace workspace, ParseResult parse, CancellationToken token)
    {
        var cluster = WorkloadFiles.ReadCluster(parse.GetValue(Cluster)!);
        var jobs = WorkloadFiles.ReadJobs(parse.GetValue(JobFiles)!);
        var plan = parse.GetValue(Faults) is { } file ? WorkloadFiles.ReadFaults(file, cluster) : null;
        if (parse.GetValue(Certificates) is { } wanted)
        {
            OutcomeFolder.Prepare(wanted);
        }

        var view = new PlaceView(workspace.Output, cluster, parse.GetValue(Explain));
        var request = new PlacementRequest
        {
            RunId = workspace.Ids.Next("place"),
            Cluster = cluster,
            Jobs = jobs,
            Faults = plan,
            Seed = parse.GetValue(Seed),
            Broker = BrokerAddress.Read(parse.GetValue(Broker)),
            Model = parse.GetValue(Model),
            Observer = view,
            TimeoutMs = 1000 * (plan?.ConsensusTimeout ?? parse.GetValue(Timeout)),
            Options = new PlacementOptions
            {
                Batch = parse.GetValue(Batch) ?? (jobs.Count <= SingleUpTo ? 1 : Many),
                UntilEnd = !parse.GetValue(Detach),
                Protocol = parse.GetValue(Protocol)!,
                BackendName = parse.GetValue(Backend)!,
                BindNodes = parse.GetValue(Backend) == PlacementBackends.Simulated,
            },
        };

        // Whatever is missing is said before anything is shown or placed.
        await workspace.OpenLedgerAsync(token);
        await using var opened = await PlacementComposition.OpenAsync(workspace, request, token);
        view.Begin(request);
        var result = await opened.Session.Engine.RunAsync(jobs, token);
        if (opened.Trouble is { } trouble)
        {
            workspace.Output.Line($"[yellow]messages do not travel: {Output.Safe(trouble)}[/]");
        }

        await RecordAsync(workspace, result, token);
        var folder = parse.GetValue(Certificates) is { } proofs ? PlacementProofs.Write(proofs, result, opened.Choices) : null;
        var shown = parse.GetValue(Explain) ? result : WithoutTranscripts(result);
        workspace.Output.Result(shown, _ => view.Show(shown));
        if (folder is not null)
        {
            workspace.Output.Line($"[grey]check one with: {Output.Safe(ShellWords.Line("quorate", "certificate", "verify", folder.Value.Example, "--keys", folder.Value.Keys))}[/]");
        }

        return result.Jobs.All(j => j.Outcome == PlacementOutcome.Placed) ? ExitCodes.Done : ExitCodes.Negative;
    }

    private static PlacementResult WithoutTranscripts(PlacementResult result) =>
        result with { Jobs = [.. result.Jobs.Select(j => j with { Votes = [.. j.Votes.Select(v => v with { Transcript = null })] })] };

    /// <summary>Whether a model had a say in it.</summary>
    internal static DecisionTag TagOf(IEnumerable<PlacedJob> decided) =>
        decided.SelectMany(j => j.Votes).Any(v => v.Source == VoteSource.Llm) ? DecisionTag.LlmDecision : DecisionTag.Deterministic;

    /// <summary>The run's decisions and findings, for good.</summary>
    private static async Task RecordAsync(Workspace workspace, PlacementResult result, CancellationToken token)
    {
        var ledger = await workspace.OpenLedgerAsync(token);
        foreach (var round in result.Jobs.Where(j => j.Certificate is not null).GroupBy(j => j.Certificate!.Round))
        {
            await ledger.AppendAsync(new LedgerDraft(LedgerKinds.Placement, result.RunId, QuorateJson.ToElement(round.First().Certificate), TagOf(round)), token);
        }

        var summary = new { report = result.Report, jobs = result.Jobs.Select(j => new { j.Name, j.Outcome, j.Agent, j.Reason }), findings = result.Findings.Take(100), result.Faults };
        await ledger.AppendAsync(new LedgerDraft(LedgerKinds.PlacementReport, result.RunId, QuorateJson.ToElement(summary), DecisionTag.Deterministic), token);
    }
}
