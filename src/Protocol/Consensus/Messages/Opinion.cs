using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>One replica's signed answer to a question. A second, different one convicts it.</summary>
public sealed class Opinion(Digest subject, int author, byte[] value, byte[] signature) : Message
{
    public override MessageKind Kind => MessageKind.Opinion;

    /// <summary>Digest of the question's request.</summary>
    public Digest Subject { get; } = subject;

    public int Author { get; } = author;

    /// <summary>Canonical bytes: a model's free text is canonicalised before it comes here.</summary>
    public byte[] Value { get; } = value;

    public byte[] Signature { get; } = signature;

    internal static Opinion Sign(IConsensusCrypto crypto, Digest directory, Digest subject, int author, byte[] value) =>
        new(subject, author, value, new Opinion(subject, author, value, []).Statement(crypto).Sign(crypto, directory));

    internal Statement Statement(IConsensusCrypto crypto) =>
        new(StatementKind.Opinion, 0, 0, Subject, crypto.Hash(Value));

    internal override void Write(WireWriter writer)
    {
        writer.Hash(Subject);
        writer.I32(Author);
        writer.Bytes(Value);
        writer.Bytes(Signature);
    }

    internal static Opinion Read(ref WireReader reader) =>
        new(reader.Hash(), reader.I32(), reader.Bytes(ConsensusLimits.ValueBytes), reader.Bytes(ConsensusLimits.SignatureBytes));
}
