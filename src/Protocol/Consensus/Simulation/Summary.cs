namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>A message in three numbers for the transcript's hash, and in words for its text.</summary>
internal static class Summary
{
    internal static (ulong View, ulong Sequence, ulong Digest) Of(object? content) => content switch
    {
        PrePrepare m => (m.View, m.Sequence, m.Digest.A),
        Vote m => (m.View, m.Sequence, m.Digest.A ^ (ulong)m.Replica),
        ViewChange m => (m.View, m.Stable.Sequence, (ulong)m.Prepared.Count ^ ((ulong)m.Replica << 32)),
        NewView m => (m.View, (ulong)m.Reproposals.Count, (ulong)m.ViewChanges.Count),
        Request m => ((ulong)m.Client, m.Sequence, (ulong)m.Payload.Length),
        Reply m => ((ulong)m.Client, m.Sequence, m.Result.Length > 0 ? m.Result[0] : 0UL),
        Status m => (m.View, m.Executed, m.Stable),
        Decided m => (m.View, m.Sequence, (ulong)m.Commits.Count),
        Fetch m => (m.Sequence, m.Digest.A, 0),
        Opinion m => (m.Subject.A, (ulong)m.Author, m.Value.Length > 0 ? m.Value[0] : 0UL),
        BatchData m => (m.Sequence, (ulong)m.Batch.Items.Count, 0),
        StateData m => (m.Proof.Sequence, m.Proof.Digest.A, 0),
        byte[] m => ((ulong)m.Length, 0, 0),
        _ => default,
    };

    internal static string Text(object? content) => content switch
    {
        PrePrepare m => $"PRE-PREPARE view {m.View} seq {m.Sequence} batch {Short(m.Digest)} [{string.Join(' ', m.Batch.Items.Select(i => $"c{i.Request.Client}#{i.Request.Sequence}"))}]",
        Vote { Kind: MessageKind.Checkpoint } m => $"CHECKPOINT seq {m.Sequence} state {Short(m.Digest)}",
        Vote m => $"{(m.Kind == MessageKind.Prepare ? "PREPARE" : "COMMIT")} view {m.View} seq {m.Sequence} batch {Short(m.Digest)}",
        ViewChange m => $"VIEW-CHANGE to {m.View} of r{m.Replica}, stable {m.Stable.Sequence}, prepared [{string.Join(' ', m.Prepared.Select(p => $"{p.Sequence}:{Short(p.Digest)}@{p.View}"))}]",
        NewView m => $"NEW-VIEW {m.View} from [{string.Join(' ', m.ViewChanges.Select(c => $"r{c.Replica}"))}] proposes [{string.Join(' ', m.Reproposals.Select(r => $"{r.Sequence}:{Short(r.Digest)}"))}]",
        Request m => $"REQUEST c{m.Client}#{m.Sequence} {m.Type}",
        Reply m => $"REPLY c{m.Client}#{m.Sequence}",
        Status m => $"STATUS view {m.View}{(m.Active ? string.Empty : " (changing)")} executed {m.Executed} stable {m.Stable}",
        Decided m => $"DECIDED seq {m.Sequence} view {m.View} by [{string.Join(' ', m.Commits.Select(c => $"r{c.Signer}"))}]",
        Fetch m => $"{(m.Kind == MessageKind.FetchState ? "FETCH-STATE" : m.Kind == MessageKind.FetchBatch ? "FETCH-BATCH" : "FETCH-DECIDED")} from {m.Sequence}",
        Opinion m => $"OPINION of r{m.Author} on {Short(m.Subject)}",
        BatchData m => $"BATCH for {m.Sequence}",
        StateData m => $"STATE at {m.Proof.Sequence} {Short(m.Proof.Digest)} by [{string.Join(' ', m.Proof.Votes.Select(v => $"r{v.Signer}"))}]",
        byte[] m => $"{m.Length} damaged bytes",
        _ => string.Empty,
    };

    private static string Short(Crypto.Digest digest) => $"{digest.A >> 40:x6}";
}
