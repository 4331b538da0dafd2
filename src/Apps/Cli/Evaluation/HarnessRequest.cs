using System.Globalization;
using System.Runtime.InteropServices;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Harness.Metrics;
using Quorate.Harness.Records;
using Quorate.Harness.Report;
using Quorate.Harness.Runs;
using Quorate.Harness.Scenarios;
using Spectre.Console;

namespace Quorate.Cli.Evaluation;

/// <summary>What <c>harness run</c> was asked for.</summary>
internal sealed record HarnessRequest
{
    private const int MaxRuns = 100_000;

    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    /// <summary>First and last; null: each scenario's own.</summary>
    public required (long First, long Last)? Seeds { get; init; }
    public required int Repetitions { get; init; }

    /// <summary>Null: each scenario's own.</summary>
    public required double? Noise { get; init; }
    public required string Arm { get; init; }

    /// <summary>Full path of the folder of records.</summary>
    public required string Record { get; init; }
    public required HarnessGate? Gate { get; init; }
    public required bool Resume { get; init; }
    public required string? Report { get; init; }
    public required string Platform { get; init; }

    /// <summary>The scenarios that come with the program.</summary>
    public static string Folder() => Path.GetDirectoryName(ShippedFiles.Find("lab/scenarios/shop_crash.json"))!;

    public static IReadOnlyList<Scenario> Filtered(IReadOnlyList<Scenario> scenarios, string? site)
    {
        var composeFile = site is null ? null : Workspace.LoadSite(site).ComposeFile;
        return [.. scenarios.Where(s => composeFile is null || s.ComposeFile == composeFile)];
    }

    /// <exception cref="QuorateException">Input: nothing, or both, was named.</exception>
    public static IReadOnlyList<Scenario> Chosen(string[] named, bool all, string? site) => (named.Length > 0, all) switch
    {
        (true, false) when site is null => ScenarioCatalog.Choose(Folder(), named),
        (false, true) => Filtered(ScenarioCatalog.ReadFolder(Folder()), site) is { Count: > 0 } found ? found
            : throw QuorateException.Input("scenario_missing", $"no scenario that comes with the program is for {site}", "quorate harness list, or a scenario file of your own"),
        _ => throw QuorateException.Input("scenario_missing", "name scenarios, or give --all, with --site or without", "quorate harness list"),
    };

    /// <exception cref="QuorateException">Input: neither N nor A..B.</exception>
    public static (long First, long Last) ReadSeeds(string text)
    {
        var parts = text.Split("..");
        return parts.Length <= 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first <= last
            ? (first, last)
            : throw QuorateException.Input("seeds_wrong", $"--seed is '{PlainText.Line(text, 80)}'; a whole number from 0 on, or A..B with A ≤ B, is allowed");
    }

    public static async Task<int> RunAsync(Workspace workspace, HarnessRequest request, CancellationToken token)
    {
        request.Check();
        ReportFile.Check(request.Report);
        var settings = await workspace.PlannerSettingsAsync(request.Arm is Arms.Llm or Arms.Auto ? request.Arm : Arms.Rulebook, token);
        if (request.Arm == Arms.Llm && settings.Model is null)
        {
            throw QuorateException.Input("planner_model", "arm llm needs a model and none is configured", "planner.endpoint and planner.model in quorate.json, or QUORATE_PLANNER__ENDPOINT and QUORATE_PLANNER__MODEL");
        }

        var runs = request.Runs();
        var batch = new HarnessBatch(Services(workspace, settings), Workspace.LoadSite, request.Record, request.Resume);
        var progress = new HarnessProgress(runs.Count, workspace.Time, request.Record);
        try
        {
            await batch.RunAsync(runs, progress.Starting, progress.Finished, token);
        }
        catch (OperationCanceledException)
        {
            progress.Interrupted(batch.Finished.Count);
            throw;
        }

        var summary = BatchSummary.Of([.. batch.Finished.Select(f => f.Result)]);
        if (request.Report is { } file)
        {
            await ReportFile.WriteAsync(file, HtmlReport.Write(summary, [.. batch.Finished.Select(f => new ReportedRun(RecordFolder.ReadEvidence(f.Folder), f.Result))], workspace.Time.GetUtcNow()), token);
        }

        workspace.Output.Result(summary, _ => HarnessView.Show(workspace.Output, summary, request.Record));

        var missed = request.Gate?.Missed(summary);
        if (missed is not null)
        {
            Output.Errors().MarkupLine($"[red]gate missed:[/] {Output.Safe(missed)}");
        }

        return missed is not null || summary.Errors > 0 ? ExitCodes.Negative : ExitCodes.Done;
    }

    private void Check()
    {
        var sites = new Dictionary<string, Site>(StringComparer.Ordinal);
        foreach (var scenario in Scenarios)
        {
            var site = sites.TryGetValue(scenario.ComposeFile, out var known) ? known : sites[scenario.ComposeFile] = Workspace.LoadSite(scenario.ComposeFile);
            // It breaks what runs there, and makes it anew with its volumes when nothing less helps.
            if (!site.Lab)
            {
                throw QuorateException.Input("not_a_lab", $"{scenario.Name}: {site.ComposeFile} is not marked as a lab (x-quorate: lab: true); the harness would break real services and remove their volumes");
            }

            ScenarioReader.Check(scenario, site);
            if (Platform != "auto" && !scenario.Platform.Contains(Platform))
            {
                throw QuorateException.Input("scenario_not_on_platform", $"{scenario.Name} runs on {string.Join(", ", scenario.Platform)}, not on {Platform}");
            }
        }
    }

    /// <summary>Runs of one site and platform stand beside each other.</summary>
    private List<RunRequest> Runs()
    {
        var runs = from scenario in Scenarios
                   let seeds = Seeds ?? (scenario.Seed, scenario.Seed)
                   from seed in Enumerable.Range(0, (int)Math.Min(MaxRuns + 1, seeds.Item2 - seeds.Item1 + 1))
                   from repetition in Enumerable.Range(1, Repetitions)
                   select new RunRequest(scenario, seeds.Item1 + seed, repetition, Arm, Noise ?? scenario.Noise, Platform == "auto" ? scenario.Platform[0] : Platform);
        var all = runs.Take(MaxRuns + 1).ToList();
        return all.Count <= MaxRuns ? all : throw QuorateException.Input("too_many_runs", $"more than {MaxRuns} runs are asked for");
    }

    /// <summary>What the harness works with in this workspace.</summary>
    internal static HarnessServices Services(Workspace workspace, Engine.Triage.Planning.PlannerSettings settings) => new()
    {
        Time = workspace.Time,
        Ids = workspace.Ids,
        OpenPlatform = workspace.OpenPlatformAsync,
        CreateTriage = (site, platform, token) => workspace.CreateTriageAsync(site, platform, Arms.Rulebook, token),
        CreateInjector = (site, platform) => workspace.CreateInjector(platform, site),
        CreateInspector = workspace.OpenInspector,
        RecordHealthy = workspace.RecordBaselineAsync,
        ConfirmHealthy = workspace.ConfirmHealthyAsync,
        Triage = workspace.TriageLimits(),
        Planner = settings,
        Versions = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["quorate"] = typeof(HarnessRequest).Assembly.GetName().Version?.ToString(3) ?? "0",
            ["dotnet"] = RuntimeInformation.FrameworkDescription,
            [RulesVersion.Name] = RulesVersion.Of(settings.RuleFiles),
            ["os"] = RuntimeInformation.OSDescription,
        },
    };
}
