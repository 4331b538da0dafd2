using System.Buffers.Binary;
using Quorate.Protocol.Consensus;

namespace Quorate.Cli.Agents;

/// <summary>The two things an agent can be asked beside requests.</summary>
internal static class AgentQuery
{
    private const byte StatusKind = 1;
    private const byte CertificateKind = 2;

    public static byte[] Status { get; } = [StatusKind];

    public static byte[] Certificate(RequestKey key)
    {
        var query = new byte[13];
        query[0] = CertificateKind;
        BinaryPrimitives.WriteInt32BigEndian(query.AsSpan(1), key.Client);
        BinaryPrimitives.WriteUInt64BigEndian(query.AsSpan(5), key.Sequence);
        return query;
    }

    /// <summary>Empty for anything else.</summary>
    public static byte[] Answer(byte[] query, Func<AgentStatus> status, Func<RequestKey, QuorumCertificate?> certificate) => query switch
    {
        [StatusKind] => status().ToBytes(),
        [CertificateKind, ..] when query.Length == 13 =>
            certificate(new RequestKey(BinaryPrimitives.ReadInt32BigEndian(query.AsSpan(1)), BinaryPrimitives.ReadUInt64BigEndian(query.AsSpan(5))))?.Encode() ?? [],
        _ => [],
    };
}
