namespace Quorate.Protocol.Consensus.Crypto;

/// <summary>
/// What the protocol needs of cryptography. Principals are numbers: replicas 0…n−1, clients from n on.
/// Verify and Hash are called from several threads at once.
/// </summary>
public interface IConsensusCrypto
{
    /// <summary>Bytes of every signature.</summary>
    int SignatureLength { get; }

    /// <summary>Signs with this principal's own private key.</summary>
    byte[] Sign(ReadOnlySpan<byte> statement);

    /// <summary>False for a wrong signature, a wrong length and an unknown signer alike; never throws.</summary>
    bool Verify(int signer, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature);

    /// <summary>A collision-resistant hash.</summary>
    Digest Hash(ReadOnlySpan<byte> data);
}
