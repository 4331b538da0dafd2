using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Agents;

/// <summary>Finds runbook passages for a question and cites file and heading.</summary>
public sealed class RunbookAgent(Site site, AgentSettings settings) : IAgent
{
    private const int MaxPassageLength = 1_000;

    private readonly Lazy<RunbookIndex> _index = new(() => RunbookIndex.Load(
        (site.Runbooks is { } own ? [own, .. settings.RunbookFolders] : settings.RunbookFolders).Distinct(StringComparer.Ordinal)));

    public string Name => AgentNames.Runbook;

    public Task<TaskResult> ExecuteAsync(PlanTask task, TaskContext context, CancellationToken cancellationToken)
    {
        var query = task.Text("query");
        if (string.IsNullOrWhiteSpace(query))
        {
            return Task.FromResult(ResultKeys.Refuse("query is missing; give the words to look for"));
        }

        var hits = _index.Value.Search(query, task.Integer("top_k", 3));
        var passages = hits.Select(h => new
        {
            File = Cite(h.Section.File),
            h.Section.Heading,
            Score = Math.Round(h.Score, 4),
            Text = h.Section.Text.Length > MaxPassageLength ? h.Section.Text[..MaxPassageLength] : h.Section.Text,
        }).ToList();
        var text = passages.Count == 0
            ? $"No passage of {_index.Value.Count} runbook sections matches."
            : $"{passages[0].File}, \"{passages[0].Heading}\": {PlainText.Line(passages[0].Text, 200)}";
        return Task.FromResult(TaskResult.Ok(text, ("passages", passages), ("sections", _index.Value.Count)));
    }

    private string Cite(string file) => file.StartsWith(site.Directory + Path.DirectorySeparatorChar, StringComparison.Ordinal)
        ? Path.GetRelativePath(site.Directory, file)
        : Path.GetFileName(file);
}
