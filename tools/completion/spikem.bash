# bash completion for spikem
_spikem() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local commands='run sweep validate check plot export compare data list describe cite schema help'
	local options words=
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$cur")
		return
	fi
	if [[ $cur == -* ]]; then
		# The program's own tables: "  -o, --output FILE   ..."
		options=$("${COMP_WORDS[0]}" "${COMP_WORDS[1]}" --help 2>/dev/null |
			sed -n 's/^  .\{4\}\(--[a-z-]*\).*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
	fi
	case $prev in
	-f | --format)
		mapfile -t COMPREPLY < <(compgen -W 'csv gdf sonata-legacy' -- "$cur")
		return
		;;
	-s | --set | --seed | -t | --threads | --partitions | -j | --jobs | --task)
		COMPREPLY=()
		return
		;;
	esac
	case ${COMP_WORDS[1]} in
	run | sweep | validate | check) words=yaml ;;
	plot | export | compare) words=h5 ;;
	data)
		if [ "$COMP_CWORD" -eq 2 ]; then
			mapfile -t COMPREPLY < <(compgen -W 'list path fetch' -- "$cur")
		elif [ "$prev" = --to ]; then
			mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		else
			mapfile -t COMPREPLY < <(compgen -W 'mnist fashion-mnist' -- "$cur")
		fi
		;;
	list) mapfile -t COMPREPLY < <(compgen -W 'neurons sources plasticity units measurements' -- "$cur") ;;
	describe) mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" list --names 2>/dev/null)" -- "$cur") ;;
	cite)
		words=yaml
		mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" list --names 2>/dev/null)" -- "$cur")
		;;
	help) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur") ;;
	esac
	if [ -n "$words" ]; then
		compopt -o filenames 2>/dev/null
		local files
		mapfile -t files < <(compgen -f -X "!*.$words" -- "$cur" && compgen -d -- "$cur")
		COMPREPLY+=("${files[@]}")
	fi
}
complete -F _spikem spikem
