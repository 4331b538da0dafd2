using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Transport;

/// <summary>Counts signatures made and verified.</summary>
public sealed class CountingCrypto(IConsensusCrypto inner) : IConsensusCrypto
{
    private long signed;
    private long verified;

    public long Signed => Interlocked.Read(ref signed);

    public long Verified => Interlocked.Read(ref verified);

    public int SignatureLength => inner.SignatureLength;

    public byte[] Sign(ReadOnlySpan<byte> statement)
    {
        Interlocked.Increment(ref signed);
        return inner.Sign(statement);
    }

    public bool Verify(int signer, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature)
    {
        Interlocked.Increment(ref verified);
        return inner.Verify(signer, statement, signature);
    }

    public Digest Hash(ReadOnlySpan<byte> data) => inner.Hash(data);
}
