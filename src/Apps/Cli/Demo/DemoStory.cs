using Quorate.Cli.Asking;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts.Asking;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ask;
using Quorate.Engine.Triage;
using Quorate.Models.Providers.Embedded;
using Spectre.Console;

namespace Quorate.Cli.Demo;

/// <summary>How one incident of the demo ended.</summary>
internal sealed record DemoResult(string Broken, string Words, string? RootCause, bool Resolved, double RecoveryMs, TriageTimings TimingsMs, string IncidentId);

/// <summary>A question, thirty jobs under attack, a healthy shop, three incidents, three repairs, one table.</summary>
internal sealed class DemoStory(Workspace workspace, DemoSite demo, int seed, bool fast)
{
    private const string Question = "What does a quorum certificate prove?";
    private readonly Output _output = workspace.Output;

    public async Task<IReadOnlyList<DemoResult>> RunAsync(CancellationToken token)
    {
        var started = workspace.Time.GetTimestamp();
        var answer = await AskAsync(token);
        Chapter("Thirty jobs on a cluster of five agents: healthy, then under attack");
        var placement = await DemoPlacement.RunAsync(workspace, seed, token);
        Chapter("A small shop of six real services");
        await demo.Platform.UpAsync(null, token);
        SiteView.Show(_output, await workspace.ReadStatusAsync(demo.Site, demo.Platform, token));

        var random = new Random(seed);
        var incidents = DemoIncident.All.ToArray();
        random.Shuffle(incidents);
        var results = new List<DemoResult>();
        foreach (var incident in incidents)
        {
            Chapter($"Incident {results.Count + 1}: {incident.Broken}");
            results.Add(await RunIncidentAsync(incident, incident.Words[random.Next(incident.Words.Count)], token));
        }

        Chapter("What happened");
        var proof = await workspace.VerifyLedgerAsync(token);
        if (_output.Json)
        {
            _output.Document(new { seed, question = answer, placement = placement.Report, incidents = results, ledger = proof });
            return results;
        }

        ShowTable(results);
        _output.Line($"Ledger: [green]{proof.Entries} entries, chain and {proof.Checkpoints} signatures intact[/].  Whole demo: {Duration.Text(workspace.Time.GetElapsedTime(started).TotalMilliseconds)}.");
        _output.Line("Go on: [bold]quorate site up --site lab/shop/compose.yml[/], break something, then [bold]quorate triage \"what you see\" --site lab/shop/compose.yml[/]; or give it your own Compose file.");
        return results;
    }

    /// <summary>Of members that need no key and no network, so that the demo is the same everywhere and costs nothing.</summary>
    private async Task<AskResult> AskAsync(CancellationToken token)
    {
        Chapter("A question to a panel of four that quote Quorate's own documents");
        _output.Line($"[bold]{Question}[/]");
        var embedded = AskParts.Embedded(workspace, [EmbeddedMembers.DefaultFolder]);
        var panel = AskParts.PanelOf(embedded);
        var view = new AskView(_output);
        var request = new AskRequest { Query = Question, QuestionType = QuestionType.OpenEnded, Seed = seed };
        var result = await AskParts.CreateEngine(workspace, () => panel, embedded, new MemoryJournal()).AskAsync(workspace.Ids.Next("ask"), request, view, token);
        await AskParts.RecordAsync(workspace, result, token);
        view.Show(result);
        return result;
    }

    private async Task<DemoResult> RunIncidentAsync(DemoIncident incident, string words, CancellationToken token)
    {
        var ledger = await workspace.OpenLedgerAsync(token);
        var receipt = await workspace.CreateInjector(demo.Platform, demo.Site).InjectAsync(incident.Fault, incident.Target, token);
        var injectedAt = workspace.Time.GetTimestamp();
        await ledger.AppendAsync(new LedgerDraft(LedgerKinds.FaultInjected, demo.Site.Id, Contracts.QuorateJson.ToElement(receipt.Shown()), DecisionTag.Deterministic), token);

        var engine = await workspace.CreateEngineAsync(demo.Site, demo.Platform, "auto", token, fast ? TimeSpan.FromSeconds(1) : null);
        var view = new TriageView(_output, assumeYes: true);
        var result = await engine.RunAsync(words, view, token);
        var recovery = workspace.Time.GetElapsedTime(injectedAt).TotalMilliseconds;
        await workspace.CreateInjector(demo.Platform, demo.Site).RevertAsync(null, token);
        return new DemoResult(incident.Broken, words, result.RootCause, result.Outcome == TriageOutcome.Resolved, recovery, result.TimingsMs, result.IncidentId);
    }

    private void Chapter(string title)
    {
        _output.People.WriteLine();
        _output.Heading(title);
    }

    private void ShowTable(IReadOnlyList<DemoResult> results)
    {
        var table = new Table().Border(_output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
        table.AddColumns("broken", "the person wrote", "cause found", "outcome", "recovery");
        table.Columns[4].RightAligned();
        foreach (var result in results)
        {
            table.AddRow(
                Output.Safe(result.Broken),
                $"[grey]{Output.Safe(result.Words)}[/]",
                Output.Safe(result.RootCause ?? "–"),
                result.Resolved ? "[green]resolved[/]" : "[red]not resolved[/]",
                Duration.Text(result.RecoveryMs));
        }

        _output.People.Write(table);
    }
}
