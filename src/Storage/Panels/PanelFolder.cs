using Quorate.Contracts;
using Quorate.Engine.Approval;
using Quorate.Engine.Approval.Reviewers;
using Quorate.Protocol.Consensus;
using Quorate.Storage.Keys;

namespace Quorate.Storage.Panels;

/// <summary>The embedded panel of four reviewers by rules, with its keys and its log in one folder.</summary>
public sealed class PanelFolder : IDisposable
{
    public const string GroupName = "approval";
    private const string Client = "engine";
    private const int Faults = 1;

    // What lies between two checkpoints is read by every process that asks.
    private static readonly ConsensusOptions Options = new() { CheckpointInterval = 4, Window = 16, Clients = 1 };

    private readonly List<IDisposable> _opened = [];

    private PanelFolder(string folder, ApprovalPolicy policy, TimeSpan timeout, string? passphrase, TimeProvider time)
    {
        IReviewer[] reviewers = [new PolicyReviewer(policy), new EvidenceReviewer(policy), new BlastRadiusReviewer(policy), new InverseReviewer(policy)];
        GroupKeys.Create(folder, GroupName, Faults, [.. reviewers.Select(r => r.Name)], [Client], passphrase);
        var contexts = GroupKeys.OpenPrivates(folder, [.. reviewers.Select(r => r.Name), Client], passphrase).Select(Context).ToList();
        var members = reviewers.Zip(contexts, EmbeddedPanel.MemberOf).ToList();
        var client = contexts[^1];
        // Votes of other keys mean nothing to these, so new keys begin a new log.
        var log = new FilePanelLogStore(Path.Combine(folder, "log"), client.Directory.ToString()[..16], time);
        Panel = new EmbeddedPanel(members, client, log, timeout, time);
    }

    public EmbeddedPanel Panel { get; }

    /// <param name="folder">Made with new keys when it does not exist.</param>
    /// <param name="policy">What the reviewers hold actions against.</param>
    /// <param name="timeout">How long a decision may take.</param>
    /// <param name="passphrase">Encrypts the keys; without one the folder's machine secret does.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="QuorateException">As <see cref="GroupKeys.Create"/> and <see cref="GroupKeys.OpenPrivate"/>.</exception>
    public static PanelFolder Open(string folder, ApprovalPolicy policy, TimeSpan timeout, string? passphrase, TimeProvider time) =>
        new(folder, policy, timeout, passphrase, time);

    public void Dispose()
    {
        for (var i = _opened.Count - 1; i >= 0; i--)
        {
            _opened[i].Dispose();
        }
    }

    private ConsensusContext Context(GroupMember member)
    {
        _opened.Add(member);
        var crypto = member.CreateCrypto();
        _opened.Add(crypto);
        var directory = member.Group.Directory;
        return new ConsensusContext(directory.Membership, directory.Hash, crypto, new ApprovalRules(directory.Membership), Options);
    }
}
