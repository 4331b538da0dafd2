using System.Text.Json.Nodes;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Engine.Triage.Planning;
using Quorate.Harness.Records;
using Quorate.Harness.Sites;

namespace Quorate.Harness.Runs;

/// <summary>Keeps what the planner was given and what it answered, so that it can be asked again without the site.</summary>
public sealed class RecordingPlanner(IPlanner inner, PlannerDraws draws, RunClock clock) : IPlanner
{
    private readonly List<PlanningStep> _steps = [];

    public string Name => inner.Name;

    public IReadOnlyList<PlanningStep> Steps => _steps;

    /// <summary>The proposals themselves, in order.</summary>
    public List<PlanProposal> Proposals { get; } = [];

    public async Task<PlanProposal> ProposeAsync(PlanningContext context, CancellationToken cancellationToken)
    {
        draws.Begin();
        var began = clock.NowMs;
        var proposal = await inner.ProposeAsync(context, cancellationToken);
        _steps.Add(new PlanningStep(began, clock.NowMs, QuorateJson.ToElement(Without(context)), draws.Ids, draws.Times, draws.Said, QuorateJson.ToElement(proposal)));
        Proposals.Add(proposal);
        return proposal;
    }

    /// <summary>A site without the values that look secret; planners read what services are called, not what they keep.</summary>
    public static Site Masked(Site site) => site with { Services = [.. site.Services.Select(Masked)] };

    private static ServiceSpec Masked(ServiceSpec service) => service with
    {
        Environment = Masked(service.Environment),
        Command = service.Command is { } command ? SecretMask.Words(command) : null,
        Process = service.Process is { } process ? process with { Environment = Masked(process.Environment) } : null,
    };

    private static Dictionary<string, string> Masked(IReadOnlyDictionary<string, string> environment) =>
        environment.ToDictionary(e => e.Key, e => SecretMask.Value(e.Key, e.Value) ?? "", StringComparer.Ordinal);

    /// <summary>The site is recorded once.</summary>
    private static JsonObject Without(PlanningContext context)
    {
        var json = JsonNode.Parse(QuorateJson.Serialize(context))!.AsObject();
        json.Remove("site");
        return json;
    }
}
