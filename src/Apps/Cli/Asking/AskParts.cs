using Microsoft.Extensions.AI;
using Quorate.Cli.Common;
using Quorate.Cli.Configuration;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ask;
using Quorate.Engine.Panels;
using Quorate.Models.Health;
using Quorate.Models.Panel;
using Quorate.Models.Providers.Embedded;

namespace Quorate.Cli.Asking;

/// <summary>The ask engine, wired as a workspace's configuration says.</summary>
internal static class AskParts
{
    /// <summary>Members that answer from documents: those given, else those configured, else Quorate's own documentation.</summary>
    public static IReadOnlyList<(MemberInfo Info, IChatClient Client)> Embedded(Workspace workspace, IReadOnlyList<string> documents) =>
        EmbeddedMembers.Create(documents.Count > 0 ? documents : workspace.Config.Ask.Documents);

    /// <param name="workspace">Its configuration, home and clock.</param>
    /// <param name="panel">The panel as it is now.</param>
    /// <param name="embedded">Asked when nobody else has answered.</param>
    /// <param name="journal">Keeps what members answered.</param>
    /// <param name="health">Tells who is down; null where nobody watches.</param>
    /// <exception cref="QuorateException">The members' keys cannot be used.</exception>
    public static AskEngine CreateEngine(Workspace workspace, Func<IModelPanel> panel, IReadOnlyList<(MemberInfo Info, IChatClient Client)> embedded, IAskJournal journal, HealthMonitor? health = null)
    {
        var keys = workspace.OpenMemberKeys("members");
        // Keys that cannot be used are told now, before members are paid.
        keys.Open([MemberContexts.ClientName])[0].Dispose();
        return new AskEngine(new AskServices
        {
            Panel = panel,
            Embedded = PanelOf(embedded),
            Journal = journal,
            Keys = keys,
            Embeddings = workspace.OpenEmbeddings(),
            IsDown = member => health?.Snapshot().Any(h => h.Agent == member && h.Status is HealthStatus.Unhealthy or HealthStatus.Failed) == true,
            Options = OptionsOf(workspace.Config.Ask),
            Time = workspace.Time,
        });
    }

    /// <summary>A panel of these members alone.</summary>
    public static IModelPanel PanelOf(IReadOnlyList<(MemberInfo Info, IChatClient Client)> embedded) => new EmbeddedPanel(embedded);

    /// <summary>What people should know about who answers.</summary>
    public static IEnumerable<string> Notices(ModelPanel panel)
    {
        foreach (var skipped in panel.Skipped)
        {
            yield return $"{skipped.Member} is left out: {skipped.Variable} is not set";
        }

        if (panel.Members.All(m => m.Embedded))
        {
            yield return "No language model is configured (quorate models says how): members that quote documents answer.";
        }
    }

    /// <summary>The outcome and its signatures, for good.</summary>
    public static async Task RecordAsync(Workspace workspace, AskResult result, CancellationToken token)
    {
        if (result.Certificate is { } certificate)
        {
            await (await workspace.OpenLedgerAsync(token)).AppendAsync(new LedgerDraft(LedgerKinds.Outcome, result.JobId, QuorateJson.ToElement(certificate), DecisionTag.LlmDecision), token);
        }
    }

    private static AskOptions OptionsOf(AskConfig config) => new()
    {
        Quorum = config.Quorum,
        Grace = TimeSpan.FromSeconds(config.GraceSeconds),
        StageTimeout = TimeSpan.FromSeconds(config.TimeoutSeconds),
        BudgetUsd = (decimal?)config.BudgetUsd,
    };

    private sealed class EmbeddedPanel(IReadOnlyList<(MemberInfo Info, IChatClient Client)> members) : IModelPanel
    {
        public IReadOnlyList<MemberInfo> Members { get; } = [.. members.Select(m => m.Info)];

        public IChatClient Client(string member) => members.First(m => m.Info.Name == member).Client;
    }
}
