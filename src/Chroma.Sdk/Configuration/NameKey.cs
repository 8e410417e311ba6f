using System.Text;

namespace Chroma.Configuration;

/// <summary>What names have in common that are written in different ways: <c>DPM++ 2M</c>, <c>dpmpp_2m</c> and <c>DPMpp-2M</c> are one.</summary>
internal static class NameKey
{
    /// <summary>Letters and digits in lower case; a plus counts as a p, and everything else as nothing.</summary>
    public static string Of(string name)
    {
        StringBuilder key = new(name.Length);
        foreach (char letter in name)
        {
            if (char.IsAsciiLetterOrDigit(letter))
            {
                key.Append(char.ToLowerInvariant(letter));
            }
            else if (letter == '+')
            {
                key.Append('p');
            }
            else if (letter is not (' ' or '_' or '-' or '.' or '/'))
            {
                key.Append(letter); // no name has it, and so this one is none
            }
        }

        return key.ToString();
    }
}
