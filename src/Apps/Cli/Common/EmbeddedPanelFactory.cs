using Quorate.Cli.Configuration;
using Quorate.Engine.Approval;
using Quorate.Engine.Approval.Reviewers;
using Quorate.Protocol.Consensus;
using Quorate.Storage.Keys;
using Quorate.Storage.Panels;

namespace Quorate.Cli.Common;

/// <summary>Puts the embedded panel together: four reviewers by rules, each with a key of its own.</summary>
internal static class EmbeddedPanelFactory
{
    public const string GroupName = "approval";
    private const string Client = "engine";
    private const int Faults = 1;

    // The state between two checkpoints is what every process of a home reads before it asks.
    private static readonly ConsensusOptions Options = new() { CheckpointInterval = 4, Window = 16, Clients = 1 };

    /// <param name="keys">Folder of the panel's keys; made with new keys when it does not exist.</param>
    /// <param name="config">What the reviewers hold actions against.</param>
    /// <param name="commands">Names of the commands that exec may run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="opened">Takes what must be disposed at the end.</param>
    public static EmbeddedPanel Open(string keys, PanelConfig config, IEnumerable<string> commands, TimeProvider time, Action<IDisposable> opened)
    {
        var policy = new ApprovalPolicy
        {
            ProtectedServices = config.Protected,
            DeniedTypes = config.Denied,
            Commands = [.. commands],
            MaxServicesDown = config.MaxServicesDown,
        };
        IReviewer[] reviewers = [new PolicyReviewer(policy), new EvidenceReviewer(policy), new BlastRadiusReviewer(policy), new InverseReviewer(policy)];
        var passphrase = Environment.GetEnvironmentVariable(FileKeyRing.PassphraseVariable);
        GroupKeys.Create(keys, GroupName, Faults, [.. reviewers.Select(r => r.Name)], [Client], passphrase);
        ConsensusContext Context(string id)
        {
            var member = GroupKeys.OpenPrivate(keys, id, passphrase);
            opened(member);
            var crypto = member.CreateCrypto();
            opened(crypto);
            var directory = member.Group.Directory;
            return new ConsensusContext(directory.Membership, directory.Hash, crypto, new ApprovalRules(directory.Membership), Options);
        }

        var members = reviewers.Select(r => new PanelMember(r, Context(r.Name))).ToList();
        var client = Context(Client);
        var log = new FilePanelLogStore(Path.Combine(keys, "log"), client.Directory.ToString()[..16], time);
        return new EmbeddedPanel(members, client, log, TimeSpan.FromSeconds(config.TimeoutSeconds), time);
    }
}
