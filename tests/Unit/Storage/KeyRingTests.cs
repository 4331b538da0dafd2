using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Quorate.Contracts;
using Quorate.Protocol.Provenance;
using Quorate.Storage.Keys;

namespace Quorate.Tests.Unit.Storage;

[SupportedOSPlatform("linux")]
public sealed class KeyRingTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("quorate-keys-").FullName, "keys");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Fact]
    public void Open_Again_FindsTheSameKeys()
    {
        using var first = Open();
        using var second = Open();
        Assert.Equal(1, second.CurrentHmacVersion);
        Assert.Equal(first.FindHmacKey(1), second.FindHmacKey(1));
        Assert.Equal(32, first.FindHmacKey(1)!.Length);
        Assert.Null(second.FindHmacKey(2));
        Assert.Equal(first.CurrentSigningKeyId, second.CurrentSigningKeyId);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
        Assert.All(Directory.GetFiles(_folder), f => Assert.Equal(OwnerOnly, File.GetUnixFileMode(f)));
    }

    [Fact]
    public void Sign_Anything_VerifiesWithThePublishedKey()
    {
        using var ring = Open();
        var message = "head"u8.ToArray();
        using var published = new SigningKeys();
        foreach (var (id, key) in PublicKeyFolder.Load(Path.Combine(_folder, "public")))
        {
            Assert.True(published.TryAdd(id, key));
        }

        var signature = Convert.ToBase64String(ring.Sign(message));
        Assert.True(published.Verify(ring.CurrentSigningKeyId, message, signature));
        Assert.False(published.Verify(ring.CurrentSigningKeyId, "tail"u8, signature));
    }

    [Fact]
    public void Rotate_KeepsEarlierVersionsAndIsSeenByOtherProcesses()
    {
        using var ring = Open();
        using var other = Open();
        var (oldKey, oldId) = (ring.FindHmacKey(1), ring.CurrentSigningKeyId);
        Assert.Equal(2, ring.Rotate());
        Assert.Equal(2, ring.CurrentHmacVersion);
        Assert.Equal(oldKey, ring.FindHmacKey(1));
        Assert.NotEqual(oldKey, ring.FindHmacKey(2));
        Assert.Equal(ring.FindHmacKey(2), other.FindHmacKey(2));
        Assert.Equal([oldId, ring.CurrentSigningKeyId], ring.PublicKeys.Keys);
        Assert.Equal(3, other.Rotate());
        Assert.Equal(
            [(1, false), (1, false), (2, false), (2, false), (3, true), (3, true)],
            ring.List().Select(k => (k.Version, k.Current)));
        Assert.Equal(6, ring.List().Select(k => k.KeyId).Distinct().Count());
    }

    [Fact]
    public async Task Open_ByManyAtOnce_AgreesOnOneKey()
    {
        var rings = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(Open)));
        Assert.Single(rings.Select(r => r.CurrentSigningKeyId).Distinct());
        var versions = await Task.WhenAll(rings.Select(r => Task.Run(r.Rotate)));
        Assert.Equal(Enumerable.Range(2, 8), versions.Order());
        Assert.Empty(Directory.GetFiles(_folder, "*.tmp"));
        Array.ForEach(rings, r => r.Dispose());
    }

    [Fact]
    public void Open_WithPassphrase_NeedsTheSameOne()
    {
        using (var ring = FileKeyRing.Open(_folder, TimeProvider.System, "correct horse"))
        {
            ring.Rotate();
        }

        Assert.False(File.Exists(Path.Combine(_folder, "machine.secret")));
        using (var again = FileKeyRing.Open(_folder, TimeProvider.System, "correct horse"))
        {
            Assert.Equal(2, again.CurrentHmacVersion);
        }

        var wrong = Assert.Throws<QuorateException>(() => FileKeyRing.Open(_folder, TimeProvider.System, "wrong horse"));
        Assert.Equal((ErrorKind.Input, "passphrase_wrong"), (wrong.Kind, wrong.Code));
        Assert.Equal("passphrase_needed", Assert.Throws<QuorateException>(Open).Code);
    }

    [Fact]
    public void Open_PassphraseGivenLater_RotatesIntoIt()
    {
        Open().Dispose();
        using (var ring = FileKeyRing.Open(_folder, TimeProvider.System, "later"))
        {
            Assert.Equal(2, ring.Rotate());
        }

        Assert.Equal("passphrase_needed", Assert.Throws<QuorateException>(Open).Code);
    }

    [Fact]
    public void Open_AnyFieldOfTheKeyFileAltered_IsRefused()
    {
        Open().Dispose();
        var path = Path.Combine(_folder, "key-0001.json");
        var original = File.ReadAllText(path);
        var random = new Random(99);
        for (var i = 0; i < 100; i++)
        {
            var text = new StringBuilder(original);
            int at;
            do
            {
                at = random.Next(text.Length);
            }
            while (!char.IsAsciiLetterOrDigit(text[at]));

            text[at] = text[at] == 'x' ? 'y' : 'x';
            File.WriteAllText(path, text.ToString());
            Assert.True(Assert.Throws<QuorateException>(Open).Code is "key_file_damaged" or "passphrase_wrong", $"character {at}");
        }

        File.WriteAllText(path, original);
        File.Copy(path, Path.Combine(_folder, "key-0002.json"));
        Assert.Equal("key_file_damaged", Assert.Throws<QuorateException>(Open).Code);
    }

    [Fact]
    public void Open_ExposedOrLostSecret_IsRefusedWithAHint()
    {
        Open().Dispose();
        var secret = Path.Combine(_folder, "machine.secret");
        File.SetUnixFileMode(secret, OwnerOnly | UnixFileMode.GroupRead);
        var exposed = Assert.Throws<QuorateException>(Open);
        Assert.Equal("key_file_exposed", exposed.Code);
        Assert.Contains("chmod 600", exposed.Hint, StringComparison.Ordinal);
        File.Delete(secret);
        Assert.Equal("machine_secret_missing", Assert.Throws<QuorateException>(Open).Code);
        File.WriteAllBytes(secret, RandomNumberGenerator.GetBytes(32));
        File.SetUnixFileMode(secret, OwnerOnly);
        Assert.Equal("key_file_damaged", Assert.Throws<QuorateException>(Open).Code);
    }

    [Fact]
    public void PublicFolder_ForeignKeyAdded_IsNotTrustedByTheRing()
    {
        using var ring = Open();
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var id = SigningKeys.IdOf(foreign.ExportSubjectPublicKeyInfo());
        File.WriteAllText(Path.Combine(_folder, "public", $"{id}.pem"), foreign.ExportSubjectPublicKeyInfoPem());
        using var again = Open();
        Assert.DoesNotContain(id, again.PublicKeys.Keys);
    }

    private FileKeyRing Open() => FileKeyRing.Open(_folder, TimeProvider.System, passphrase: null);
}
