using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Quorate.Transport.Tcp;

/// <summary>
/// Records of one direction of a link: AES-256-GCM (NIST SP 800-38D) with the record's number as the nonce, so that
/// what is changed, repeated, reordered or left out does not open. Form: length of the text (4 bytes, authenticated),
/// tag (16), text.
/// </summary>
internal sealed class RecordCipher(byte[] key) : IDisposable
{
    internal const int TagSize = 16;
    internal const int HeaderSize = 4 + TagSize;

    private readonly AesGcm cipher = new(key, TagSize);
    private readonly byte[] nonce = new byte[12];
    private ulong number;

    /// <summary>Seals in place: the text begins at <see cref="HeaderSize"/>.</summary>
    internal void Seal(Span<byte> record)
    {
        var text = record[HeaderSize..];
        BinaryPrimitives.WriteInt32BigEndian(record, text.Length);
        cipher.Encrypt(NextNonce(), text, text, record[4..HeaderSize], record[..4]);
    }

    /// <summary>Opens in place; false for a record that is not the next one.</summary>
    internal bool TryOpen(Span<byte> record)
    {
        var text = record[HeaderSize..];
        try
        {
            cipher.Decrypt(NextNonce(), text, record[4..HeaderSize], text, record[..4]);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose() => cipher.Dispose();

    private byte[] NextNonce()
    {
        BinaryPrimitives.WriteUInt64BigEndian(nonce.AsSpan(4), number++);
        return nonce;
    }
}
