using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>
/// The application's say in what may be decided (external validity: Cachin, Kursawe, Petzold and Shoup, CRYPTO '01).
/// Both functions depend on their arguments alone and are called from several threads: what they refuse convicts
/// whoever proposed it, so every verifier anywhere must find the same.
/// </summary>
public interface IProposalValidator
{
    /// <summary>Null when the item may be decided, otherwise the reason.</summary>
    string? Check(Item item);

    /// <summary>The outcome that the opinions give, by a deterministic rule; null when they give none.</summary>
    byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions);
}

/// <summary>What the decisions act on, replicated. Deterministic, in memory, called by one thread.</summary>
public interface IReplicatedState
{
    /// <summary>Applies a decided item once; the result, at most 256 bytes, is what the client is told.</summary>
    byte[] Apply(ulong sequence, Item item);

    /// <summary>The whole state, canonical, at most 8 MiB.</summary>
    byte[] Snapshot();

    /// <summary>Replaces the state; false, and no change, for bytes that are none.</summary>
    bool Restore(ReadOnlySpan<byte> snapshot);
}

/// <summary>Who takes part, with what keys, rules and bounds: what every pure check here needs.</summary>
public sealed record ConsensusContext(
    Membership Membership, Digest Directory, IConsensusCrypto Crypto, IProposalValidator Validator, ConsensusOptions Options)
{
    internal bool Verify(in Statement statement, int signer, byte[] signature) =>
        statement.Verify(Crypto, Directory, signer, signature);

    internal byte[] Sign(in Statement statement) => statement.Sign(Crypto, Directory);

    internal bool IsClient(int principal) =>
        principal >= Membership.Replicas && principal < Membership.Replicas + Options.Clients;

    /// <summary>Quorum to count with: the right one unless a test plants the classic mistake.</summary>
    internal int Quorum => Options.Has(PlantedBug.QuorumOneTooSmall) ? Membership.Quorum - 1 : Membership.Quorum;
}
