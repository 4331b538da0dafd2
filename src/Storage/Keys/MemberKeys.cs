using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Engine.Panels;

namespace Quorate.Storage.Keys;

/// <summary>Keys of the members that answer questions, in one folder, as <see cref="GroupKeys"/> keeps them; each is made when its name is first used.</summary>
/// <param name="folder">Made with access for its owner only when it does not exist.</param>
/// <param name="passphrase">Encrypts the keys; without one the folder's machine secret does.</param>
public sealed class MemberKeys(string folder, string? passphrase) : IMemberKeys
{
    private const string Group = "members";

    public IReadOnlyList<ECDsa> Open(IReadOnlyList<string> names)
    {
        var protector = GroupKeys.Protector(folder, passphrase);
        var keys = new List<ECDsa>();
        try
        {
            DurableFile.CreateFolder(folder);
            Directory.CreateDirectory(GroupKeys.PublicFolderOf(folder));
            KeyDerivation? earlier = null;
            foreach (var name in names)
            {
                GroupRules.CheckId("member", name);
                GroupKeys.Place(folder, Group, name, protector, ref earlier);
                keys.Add(GroupKeys.Open(Path.Combine(folder, GroupKeyFile.NameOf(name)), protector).Key);
            }

            return keys;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Dispose(keys);
            throw QuorateException.Missing("keys_unwritable", $"the key folder {folder} cannot be used: {e.Message}", "choose another home, or give yourself access to this one", e);
        }
        catch
        {
            Dispose(keys);
            throw;
        }
    }

    private static void Dispose(List<ECDsa> keys) => keys.ForEach(k => k.Dispose());
}
