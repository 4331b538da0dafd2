using System.CommandLine;
using System.CommandLine.Parsing;
using Quorate.Cli.Common;
using Quorate.Cli.Messaging;
using Quorate.Cli.Placing;
using Quorate.Cli.Views;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Recording;
using Quorate.Storage.Certificates;

namespace Quorate.Cli.Commands;

/// <summary>Places jobs on a cluster by agreement of its agents.</summary>
internal static class PlaceCommand
{
    private const int SingleUpTo = 100;
    private const int Many = 16;

    private static readonly Argument<string[]> JobFiles = new("jobfile") { Description = "Jobs: JSON as docs/schemas/job.json says; one or more files.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string> Cluster = new("--cluster") { Description = "The agents and their nodes: JSON as docs/schemas/cluster.json says.", HelpName = "FILE" };
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
    private static readonly Option<string?> Resume = new("--resume") { Description = "Go on with a run on a real backend that ended early: its jobs, cluster and options are those in the ledger. A run that is not there is answered with those that are open.", HelpName = "RUN" };

    /// <summary>What a run that is resumed has in the ledger.</summary>
    private static readonly Option[] Recorded = [Cluster, Protocol, Faults, Backend, Model, Batch, Timeout, Detach, Seed];

    public static Command Create()
    {
        var command = new Command("place", "Place jobs on a cluster: agents vote, a quorum decides, nodes are never over-committed, every placement has a certificate (exit 1 if a job was not placed).")
        {
            JobFiles, Cluster, Protocol, Faults, Backend, Model, Batch, Timeout, Detach, Explain, Certificates, Broker, Seed, Resume,
        };
        Protocol.AcceptOnlyFromAmong([.. PlacementOptions.Protocols]);
        Backend.AcceptOnlyFromAmong(PlacementBackends.Simulated, PlacementBackends.Slurm);
        command.Validators.Add(CheckWhatIsGiven);
        command.SetAction((parse, token) => Workspace.RunAsync(parse, workspace => RunAsync(workspace, parse, token)));
        return command.WithExamples(
            "quorate place lab/workloads/jobs-30.json --cluster lab/clusters/five-agents.json",
            "quorate place lab/workloads/jobs-30.json --cluster lab/clusters/five-agents.json --faults lab/faults/agents.json --seed 7 --explain",
            "quorate place job.json --cluster cluster.json --backend slurm --certificates ./proofs",
            "quorate place job.json --cluster cluster.json --broker amqp://127.0.0.1:5672/",
            "quorate place --resume place-01jx");
    }

    private static void CheckWhatIsGiven(CommandResult given)
    {
        var hasJobs = given.GetResult(JobFiles) is { Tokens.Count: > 0 };
        if (given.GetResult(Resume) is null)
        {
            var missing = new[] { hasJobs ? null : "job files", given.GetResult(Cluster) is null ? "--cluster" : null }.OfType<string>().ToList();
            if (missing.Count > 0)
            {
                given.AddError($"{string.Join(" and ", missing)} must be given, or --resume");
            }
        }
        else if (Recorded.Where(o => given.GetResult(o) is { Implicit: false }).Select(o => o.Name).Concat(hasJobs ? ["job files"] : []).ToList() is { Count: > 0 } tooMuch)
        {
            given.AddError($"--resume takes {string.Join(", ", tooMuch)} from the ledger: leave them out");
        }
    }

    private static Task<int> RunAsync(Workspace workspace, ParseResult parse, CancellationToken token)
    {
        if (parse.GetValue(Resume) is { } run)
        {
            return RunLease.HoldingAsync(workspace, run, cancel => ResumeAsync(workspace, parse, run, cancel), token);
        }

        var cluster = WorkloadFiles.ReadCluster(parse.GetValue(Cluster)!);
        var jobs = WorkloadFiles.ReadJobs(parse.GetValue(JobFiles)!);
        var plan = parse.GetValue(Faults) is { } file ? WorkloadFiles.ReadFaults(file, cluster) : null;
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

        return request.IsReal ? RunLease.HoldingAsync(workspace, request.RunId, cancel => CarryOutAsync(workspace, parse, request, view, cancel), token) : CarryOutAsync(workspace, parse, request, view, token);
    }

    private static async Task<int> ResumeAsync(Workspace workspace, ParseResult parse, string run, CancellationToken token)
    {
        var recorded = await RecordedRun.ReadAsync(await workspace.OpenLedgerAsync(token), run, token);
        var view = new PlaceView(workspace.Output, recorded.Cluster, parse.GetValue(Explain));
        var request = new PlacementRequest
        {
            RunId = run,
            Cluster = recorded.Cluster,
            Jobs = recorded.Jobs,
            Faults = recorded.Started.Faults,
            Seed = recorded.Started.Seed,
            Broker = BrokerAddress.Read(parse.GetValue(Broker)),
            Model = recorded.Started.Model,
            Observer = view,
            TimeoutMs = recorded.Started.TimeoutMs,
            Options = recorded.Started.Options,
            Recorded = recorded,
        };
        return await CarryOutAsync(workspace, parse, request, view, token);
    }

    private static async Task<int> CarryOutAsync(Workspace workspace, ParseResult parse, PlacementRequest request, PlaceView view, CancellationToken token)
    {
        // Whatever is missing is said before anything is shown or placed.
        if (parse.GetValue(Certificates) is { } wanted)
        {
            OutcomeFolder.Prepare(wanted);
        }

        await workspace.OpenLedgerAsync(token);
        await using var opened = await PlacementComposition.OpenAsync(workspace, request, token);
        view.Begin(request);
        await opened.BeginAsync(request, token);
        var result = await opened.Session.Engine.RunAsync(request.Jobs, token);
        if (opened.Trouble is { } trouble)
        {
            workspace.Output.Line($"[yellow]messages do not travel: {Output.Safe(trouble)}[/]");
        }

        await opened.Journal.FinishedAsync(result, token);
        var folder = parse.GetValue(Certificates) is { } proofs ? PlacementProofs.Write(proofs, result, request.Recorded?.Groups ?? [], opened.Choices) : null;
        var shown = parse.GetValue(Explain) ? result : WithoutTranscripts(result);
        workspace.Output.Result(shown, _ => view.Show(shown));
        if (folder is not null)
        {
            workspace.Output.Line($"[grey]check one with: {Output.Safe(ShellWords.Line("quorate", "certificate", "verify", folder.Value.Example, "--keys", folder.Value.Keys))}[/]");
        }

        return result.Interrupted is null && result.Jobs.All(j => j.Outcome == PlacementOutcome.Placed) ? ExitCodes.Done : ExitCodes.Negative;
    }

    private static PlacementResult WithoutTranscripts(PlacementResult result) =>
        result with { Jobs = [.. result.Jobs.Select(j => j with { Votes = [.. j.Votes.Select(v => v with { Transcript = null })] })] };
}
