using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Engine.Triage;

namespace Quorate.Cli.Commands;

/// <summary>Repairs that a dead orchestrator left behind are finished before anything new begins.</summary>
internal static class UnfinishedIncidents
{
    public static async Task<IReadOnlyList<TriageResult>> ResumeAsync(Workspace workspace, TriageEngine engine, bool assumeYes, CancellationToken token)
    {
        var results = new List<TriageResult>();
        foreach (var incident in await engine.FindUnfinishedAsync(token))
        {
            var view = new TriageView(workspace.Output, assumeYes);
            results.Add(await engine.ResumeAsync(incident.IncidentId, view, token));
        }

        return results;
    }
}
